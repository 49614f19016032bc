import * as echo from '@net-mesh/core/echo';
import { BaseError, classifyError, NetError } from '@net-mesh/core';
import { expect, test } from 'vitest';

const caught = (run: () => unknown): NetError => {
  try {
    run();
  } catch (error) {
    return error as NetError;
  }
  throw new Error('nothing was thrown');
};

test('numbers come back at their limits', () => {
  expect([echo.echoBool(true), echo.echoBool(false)]).toEqual([true, false]);
  for (const value of [0, 255]) expect(echo.echoU8(value)).toBe(value);
  for (const value of [0, 65535]) expect(echo.echoU16(value)).toBe(value);
  for (const value of [0, 2 ** 32 - 1]) expect(echo.echoU32(value)).toBe(value);
  for (const value of [-128, 127]) expect(echo.echoI8(value)).toBe(value);
  for (const value of [-32768, 32767]) expect(echo.echoI16(value)).toBe(value);
  for (const value of [-(2 ** 31), 2 ** 31 - 1]) expect(echo.echoI32(value)).toBe(value);
  for (const value of [0n, 2n ** 53n, 2n ** 64n - 1n]) expect(echo.echoU64(value)).toBe(value);
  for (const value of [-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n])
    expect(echo.echoI64(value)).toBe(value);
  for (const value of [0.5, -0, NaN, Infinity]) expect(echo.echoF64(value)).toBe(value);
  expect(echo.echoDuration(250)).toBe(250);
  expect(echo.echoInstant(1n << 62n)).toBe(1n << 62n);
  expect(echo.echoDate(new Date(-5))).toEqual(new Date(-5));
  expect(echo.echoSize(7)).toBe(7n);
});

test('texts of every kind come back in lists of every length', () => {
  const kinds = [
    (length: number) => 'x'.repeat(length),
    (length: number) => 'é'.repeat(length),
    (length: number) => 'x'.repeat(length) + '€',
    (length: number) => '😀'.repeat(length),
    (length: number) => '\0'.repeat(length),
  ];
  const lengths = [
    0, 1, 2, 3, 7, 11, 12, 13, 42, 63, 64, 126, 127, 128, 129, 1023, 1024, 1025, 5000,
  ];
  for (const kind of kinds) {
    const values = lengths.map(kind);
    expect(echo.echoStrings(values)).toEqual(values);
    expect(echo.echoStrings(values.slice(0, 12))).toEqual(values.slice(0, 12));
  }
  const mixed = Array.from({ length: 4_000 }, (_, at) => {
    const length = lengths[at % 16] as number;
    return at % 97 === 0 ? `é${at}` : `${at}`.padStart(length, 'abc');
  });
  expect(echo.echoStrings(mixed)).toEqual(mixed);
  expect(caught(() => echo.echoStrings([...mixed, 'a\ud800', 'b'])).message).toContain(
    'surrogates',
  );
  expect(caught(() => echo.echoStrings(['a', 1 as never])).message).toContain('a string, got 1');
});

test('texts, bytes and named types come back', () => {
  for (const value of ['', 'a\0ü€😀', 'x'.repeat(100_000)])
    expect(echo.echoString(value)).toBe(value);
  for (const size of [0, 5, 100_000])
    expect(echo.echoBytes(Buffer.alloc(size, 7))).toEqual(Buffer.alloc(size, 7));
  expect(echo.echoColor()).toBe(echo.Color.Red);
  expect(echo.echoColor('green')).toBe('darkGreen');
  expect(echo.echoLevel(echo.Level.High)).toBe(500);
  expect(echo.echoAccess(['read', 'change_all'])).toEqual(['read', 'change_all']);
  expect(echo.echoNumber(3)).toBe(3n);
  expect(echo.echoKeyOf(Buffer.alloc(8, 1))).toBe('0101010101010101');
  expect(echo.echoKeyOf('0101010101010101')).toBe('0101010101010101');
  expect(echo.echoSealOf(Buffer.from('fbefbe00112233445566', 'hex'))).toBe('++++ABEiM0RVZg==');
  expect(echo.echoSumOf('ab', Uint8Array.of(0x63, 0, 0xff))).toBe(4381587066545409795n);
  expect(echo.echoPrintOf(Buffer.alloc(1)).toString('hex')).toBe('f11b61f14c886e35afa03673');
  expect(echo.echoMarkOf('hello')).toMatch(/^19213bacc58dee6d/);
  expect(echo.echoSealOf('++++ABEiM0RVZg==')).toBe('++++ABEiM0RVZg==');
});

test('optional, listed and nested values come back', () => {
  expect(echo.echoOptional(null, undefined, null)).toBeNull();
  expect(echo.echoOptional(1n, 'a', { text: 'b' })).toBe('1/a/b.red');
  expect(echo.echoMaybe(null)).toBeNull();
  expect(echo.echoMaybe(4)).toBe(4);
  expect(echo.echoList([1, 2])).toEqual([1, 2]);
  expect(echo.echoStrings(['', 'ü'])).toEqual(['', 'ü']);
  expect(echo.echoChunks([Buffer.from('a'), Buffer.alloc(0)])).toHaveLength(2);
  expect(echo.echoMap({ b: 1n, a: -2n })).toEqual({ a: -2n, b: 1n });
  expect(echo.echoMap({ b: undefined, a: 1n })).toEqual({ a: 1n });
  const nested = echo.echoEverything({
    text: 't',
    data: Buffer.from('d'),
    scalars: {
      truth: true,
      tiny: 1,
      small: 2,
      medium: 3,
      large: 2n ** 64n - 1n,
      itiny: -1,
      ismall: -2,
      imedium: -3,
      ilarge: -(2n ** 63n),
      real: 0.25,
      spanMs: 5,
      moment: 6n,
      day: new Date(7),
      weightBytes: 8n,
      id: 9n,
      key: 'ffffffffffffffff',
      fixed: Buffer.alloc(4),
      color: 'blue',
      level: 1,
      access: ['write'],
    },
    maybe: 1n,
    numbers: [1],
    labels: [{ text: 'l' }],
    chunks: [],
    table: { k: 1n },
    nested: { n: [{ text: 'm', color: 'blue' }] },
    shape: { kind: 'rectangle', width: 2 },
    shapes: [{ kind: 'empty' }, { kind: 'named', text: 'x' }],
    tree: echo.treeOfBranch(echo.treeOfLeaf(1n)),
  });
  expect(nested.labels).toEqual([{ text: 'l', color: 'red' }]);
  expect(nested.shape).toEqual({ kind: 'rectangle', width: 2, height: 1 });
  expect(nested.maybeNot).toBeNull();
  expect(nested.scalars.large).toBe(2n ** 64n - 1n);
  expect(nested.tree).toEqual({ type: 'branch', children: [{ type: 'leaf', value: 1n }] });
});

test('records of numbers come back, or nothing', () => {
  const gauge: echo.GaugeInput = {
    truth: true,
    tiny: 255,
    small: 65535,
    medium: 2 ** 32 - 1,
    large: 2n ** 64n - 1n,
    itiny: -128,
    ismall: -32768,
    imedium: -(2 ** 31),
    range: -(2n ** 63n),
    real: 0.25,
    spanMs: 5,
    moment: 6n,
    day: new Date(-7),
    weightBytes: 8n,
    id: 9n,
    color: 'blue',
    level: 500,
    access: ['write'],
  };
  expect(echo.echoGauge(gauge)).toEqual(gauge);
  expect([echo.echoGaugeMaybe(gauge), echo.echoGaugeMaybe()]).toEqual([gauge, null]);
});

test('spans of time come back from lists and maps', () => {
  expect(echo.echoPauses([0, 1500n])).toEqual([0, 1500]);
  expect(echo.echoLimits({ day: 86_400 })).toEqual({ day: 86_400 });
  const timetable = { pauses: [5], limits: { a: 1 } };
  expect(echo.echoTimetable(timetable)).toEqual(timetable);
});

test('unknown values have an error of their own', () => {
  expect([echo.echoMood('angry'), echo.echoRights(['enter', 'leave'])]).toEqual([
    'angry',
    ['enter', 'leave'],
  ]);
  expect(caught(() => echo.echoMood('furious' as never)).kind).toBe('odd text');
  expect(caught(() => echo.echoRights(['fly' as never])).kind).toBe('odd text');
});

test('trees come back up to their depth', () => {
  let tree = echo.treeOfLeaf(1n);
  for (let depth = 0; depth < 15; depth++) tree = echo.treeOfBranch(tree);
  expect(echo.echoTree(tree)).toEqual(tree);
  const deeper = echo.treeOfBranch(tree);
  const message = 'argument: children: is nested deeper than 16';
  expect(caught(() => echo.echoTree(deeper)).message).toBe(message);
  for (let depth = 0; depth < 1000; depth++) tree = echo.treeOfBranch(tree);
  expect(caught(() => echo.echoTree(tree)).message).toMatch(/^argument: children: is nested/);
});

test('calls that do nothing', () => {
  const [floor, data] = [new echo.Floor(), Buffer.from('x')];
  expect([floor.nothing(), floor.text('a'), floor.data(data)]).toEqual([true, true, true]);
  expect([floor.dataKey(data, 'k'), floor.dataHash(data, 1n)]).toEqual([true, true]);
  expect(echo.Floor.signed(data, data, data)).toBe(true);
  expect([floor.textKey('a'), floor.valueKey(1, 'k')]).toEqual([
    { place: 0, at: 0 },
    { place: 0, at: 0 },
  ]);
  expect([floor.textsKey(['a', 'b']), floor.chunksKey([data], 'k')]).toEqual([2, 1]);
});

test('options have defaults, aliases and ranges', () => {
  const all = echo.echoWithOptions();
  expect({ ...all }).toMatchObject({
    count: 3,
    ratio: 0.5,
    loud: true,
    displayName: 'echo',
    color: 'blue',
    access: ['read'],
    pauseMs: 250,
    limitBytes: null,
    tags: [],
  });
  expect(echo.echoWithOptions({ number: 9, tags: 'one' })).toMatchObject({
    count: 9,
    tags: ['one'],
  });
  expect(echo.echoWithOptions(new echo.EchoOptions({ loud: false })).loud).toBe(false);
  expect(echo.EchoSettings).toBe(echo.EchoOptions);
  expect(caught(() => echo.echoWithOptions({ count: 101 })).message).toContain('count');
});

test('a record stands for its field, and views show fields', () => {
  const pair = echo.echoPair(new echo.VersionPair(5, 6));
  expect(pair).toEqual(new echo.VersionPair(5n, 6));
  expect((pair as unknown as bigint) + 1n).toBe(6n);
  expect(echo.echoU64(pair)).toBe(5n);
  const page = echo.echoPageOf('{"a":1}');
  expect(page.rawBytes).toEqual(Buffer.from('{"a":1}'));
  expect(page.parse<{ a: number }>().a).toBe(1);
  expect(caught(() => echo.echoPageOf('{').parse()).kind).toBe('codec_decode');
});

test('records have methods', () => {
  const pair = new echo.VersionPair(4, 0);
  expect(pair.isBefore(new echo.VersionPair(5, 0))).toBe(true);
  expect(new echo.VersionPair(5, 0).precedes(pair)).toBe(false);
  expect([pair.text(), pair.text('::')]).toEqual(['4.0', '4::0']);
  expect([String(pair), pair.shown()]).toEqual(['4', '4.0']);
  expect(pair.toString()).toBe('4.0');
  expect(new echo.VersionPair(0, 0).isFirst()).toBe(true);
  expect(echo.VersionPair.parse('7.8')).toEqual(new echo.VersionPair(7n, 8));
  expect(caught(() => echo.VersionPair.parse('7')).kind).toBe('odd text');
  const options = new echo.EchoOptions({ tags: ['a'] });
  expect([options.hasTag('a'), options.hasTag('b')]).toEqual([true, false]);
  expect(caught(() => options.hasTag(3 as never)).message).toContain('tag');
});

test('options within options have ranges', () => {
  expect(echo.echoWithSetup({ style: { size: 3 } })).toMatchObject({
    title: 'none',
    style: { size: 3, font: 'plain', pauseMs: 20 },
    more: [],
  });
  expect(caught(() => echo.echoWithSetup({ style: { size: 0 } })).message).toContain('size');
  const more = [{ size: 1 }, { size: 0 }];
  expect(caught(() => echo.echoWithSetup({ more })).message).toContain('size');
});

test('open enums have values without a name', () => {
  const reasons: echo.Reason[] = ['damaged', 'unknown:8', 'unknown:65535'];
  expect(echo.echoReasons(reasons)).toEqual(reasons);
  for (const wrong of ['unknown:65536', 'unknown:-1', 'unknown:07', 'unknown:', 'other']) {
    expect(caught(() => echo.echoReason(wrong as never)).message).toContain('value');
  }
  expect([echo.echoGrade(2), echo.echoGrade(200)]).toEqual([2, 200]);
  for (const wrong of [256, -1, 1.5, '2']) {
    expect(caught(() => echo.echoGrade(wrong as never)).message).toContain('value');
  }
});

test('cases are made by functions, also behind a dot', () => {
  expect(echo.shapes.rectangle(3, 4)).toEqual({ kind: 'rectangle', width: 3, height: 4 });
  expect(echo.echoShape(echo.shapes.named('x'))).toEqual({
    kind: 'named',
    text: 'x',
    color: 'red',
  });
});

test('any number of arguments, and JSON', () => {
  expect(echo.sumAll(1n)).toBe(1n);
  expect(echo.sumAll(1, 2, 3)).toBe(6n);
  expect(echo.sumAll(1, [2, 3])).toBe(6n);
  expect(caught(() => echo.sumAll(2n ** 63n - 1n, 1))).toBeInstanceOf(echo.EchoTooLargeError);
  expect(echo.echoJson({ b: [1, null], a: 'ü' })).toEqual({ b: [1, null], a: 'ü' });
  expect(echo.echoJson<unknown>(1, (data) => [data])).toEqual([1]);
  expect(caught(() => echo.echoJson(1n)).kind).toBe('codec_encode');
  expect(echo.ECHO_PRIMES).toEqual([2, 3, 5, 7]);
  expect([echo.ECHO_LIMIT, echo.ECHO_GREETING]).toEqual([4096, 'hello "net"\n']);
});

test.each([
  ['u8', () => echo.echoU8(256)],
  ['negative', () => echo.echoU32(-1)],
  ['NaN', () => echo.echoU32(NaN)],
  ['unsafe', () => echo.echoU64(2 ** 53)],
  ['too big', () => echo.echoU64(2n ** 64n)],
  ['text', () => echo.echoString(5 as never)],
  ['surrogate', () => echo.echoString('\ud800')],
  ['bytes', () => echo.echoBytes('x' as never)],
  ['date', () => echo.echoDate(new Date(NaN))],
  ['enum', () => echo.echoColor('pink' as never)],
  ['flags', () => echo.echoAccess(['fly' as never])],
  ['key', () => echo.echoKeyOf(Buffer.alloc(7))],
  ['a seal without padding', () => echo.echoSealOf('++++ABEiM0RVZg')],
  ['a seal of another alphabet', () => echo.echoSealOf('----ABEiM0RVZg==')],
  ['a seal of fewer bytes', () => echo.echoSealOf('++++')],
  ['union', () => echo.echoShape({ kind: 'no' } as never)],
  ['record', () => echo.echoPair(null as never)],
])('a wrong argument is refused by name: %s', (_, run) => {
  const error = caught(run);
  expect(error).toBeInstanceOf(BaseError);
  expect(error.kind).toBe('argument');
  expect(error.message).toMatch(/^argument: value: /);
});

test('an object is held while a function runs', async () => {
  const door = new echo.EchoDoor();
  expect(await door.through((pass) => [pass instanceof echo.EchoPass, door.inside])).toEqual([
    true,
    1,
  ]);
  expect(await door.throughLater(async () => 'later')).toBe('later');
  const lost = new Error('lost');
  await expect(
    door.through(() => {
      throw lost;
    }),
  ).rejects.toBe(lost);
  await expect(door.throughLater(() => Promise.reject(lost))).rejects.toBe(lost);
  expect([door.inside, door.tally]).toEqual([0, '2/2']);
  // What is left already does not hide what the function throws; where that throws nothing, it is the answer.
  await expect(door.throughLater((visit) => visit.leave(true))).rejects.toMatchObject({
    kind: 'odd text',
  });
  const fails = async (visit: echo.EchoVisit) => {
    await visit.leave(true);
    throw lost;
  };
  await expect(door.throughLater(fails)).rejects.toBe(lost);
  const all = [door.enter(), door.enter(), await door.enterLater()];
  await expect(door.through(() => expect.unreachable())).rejects.toMatchObject({ kind: 'busy' });
  for (const held of all) {
    await held[Symbol.asyncDispose]();
  }
  expect(door.inside).toBe(0);
});

test('what a build leaves out is unsupported', async () => {
  expect(echo.echoHook(7)).toBe(7);
  const own = caught(() => echo.echoLeftOut(1, 'a'));
  expect(own).toBeInstanceOf(echo.EchoError);
  expect(own).toMatchObject({ kind: 'unsupported', feature: 'left-out' });
  const box = new echo.EchoBox('a');
  const leftOut = { family: 'base', kind: 'unsupported', feature: 'left-out' };
  for (const call of [
    () => new echo.EchoAnnex(),
    () => box.weight,
    () => echo.echoWithExtras({ carved: true }),
    () => echo.echoWithExtras({ plain: false }),
    () => echo.echoWithExtras({ depth: 3 }),
    () => echo.echoWithExtras({ motto: '' }),
  ]) {
    expect(caught(call)).toMatchObject(leftOut);
  }
  await expect(echo.EchoAnnex.open('a')).rejects.toMatchObject(leftOut);
  await expect(box.weigh(box)).rejects.toMatchObject(leftOut);
  expect(echo.echoWithExtras({ gilded: true })).toMatchObject({ gilded: true, depth: 2 });
});

test('errors arrive as their classes with their fields', async () => {
  const error = caught(() => echo.fail('rejected', 'why')) as echo.EchoError;
  expect(error).toBeInstanceOf(echo.EchoError);
  expect(error).toMatchObject({ family: 'echo', kind: 'rejected', number: 3, reason: 'why' });
  expect(error.name).toBe('EchoError');
  const busy = await echo.failLater('busy').catch((error: unknown) => error);
  expect(busy).toBeInstanceOf(echo.EchoBusyError);
  expect(busy).toMatchObject({ retry: true, kind: 'busy' });
  expect(caught(() => echo.fail('part'))).toBeInstanceOf(echo.EchoPartError);
  expect(caught(() => echo.fail('bad-frame')).kind).toBe('bad-frame');
  const made = new echo.EchoStatusError(404, Buffer.from('no'));
  expect(made.message).toBe('echo:status:0x0194');
  expect(echo.describeError(made)).toContain('echo:status:0x0194');
  expect(classifyError(error)).toBe(error);
  expect(classifyError('echo: busy: try again')).toBeInstanceOf(echo.EchoBusyError);
  expect(classifyError(new Error('else'))).toBeUndefined();
});

test('panics arrive as errors', async () => {
  expect(caught(() => echo.panicNow()).kind).toBe('internal');
  await expect(echo.panicLater()).rejects.toMatchObject({ kind: 'internal' });
});
