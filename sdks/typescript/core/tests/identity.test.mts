import { expect, test } from 'vitest';
import {
  authorize,
  channelHash,
  delegateToken,
  Identity,
  IdentityError,
  parseToken,
  RedisStreamDedup,
  Token,
  TokenError,
  tokenIsExpired,
  TokenScope,
  verifyToken,
} from '@net-mesh/core';
import { decodePermissionToken, encodePermissionToken } from '@net-mesh/core/wire';
import { run } from './run.mjs';

const seed = Buffer.alloc(32, 0x42);
const channel = 'sensors/temp';

function thrown(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

test('an existing seed keeps its ids', () => {
  const identity = Identity.fromSeed(seed);
  expect(identity.entityId.toString('hex')).toMatch(/^2152f8d1/);
  expect(identity.nodeId).toBe(13984162817992751213n);
  expect(identity.originHash).toBe(13934920157995351524n);
  expect(identity.toBytes()).toEqual(seed);
  expect(Identity.fromBytes(seed).nodeId).toBe(identity.nodeId);
  expect(Identity.fromNapi(identity.toNapi()).entityId).toEqual(identity.entityId);
});

test('a token is read and written without the library', () => {
  const identity = Identity.fromSeed(seed);
  const token = identity.issueToken({
    subject: identity.entityId,
    scope: ['publish'],
    channel,
    ttlSeconds: 60,
  });
  const fields = decodePermissionToken(token.bytes);
  expect(Buffer.from(fields.issuer)).toEqual(identity.entityId);
  expect(fields.scope).toEqual(['publish']);
  expect(fields.channelHash).toBe(channelHash(channel));
  expect(Buffer.from(encodePermissionToken(fields))).toEqual(token.bytes);
  expect(thrown(() => decodePermissionToken(token.bytes.subarray(1)))).toBeInstanceOf(TokenError);
});

test('neither a log nor a text tells a seed', async () => {
  const { stdout, stderr } = await run(
    `
    const util = require('node:util');
    const seed = Buffer.alloc(32, 0xa7);
    const identity = core.Identity.fromSeed(seed);
    const subject = core.Identity.generate().entityId;
    const options = { subject, scope: ['publish'], channel: 'a/b', ttlSeconds: 60 };
    const shown = [identity, identity.issueToken(options)];
    for (const call of [
      () => core.Identity.fromSeed(seed.subarray(1)),
      () => identity.sign(seed.toString('hex')),
      () => identity.issueToken({ ...options, ttlSeconds: 0 }),
      () => echo.panicNow(),
    ]) {
      try { shown.push(call()); } catch (error) { shown.push(error); }
    }
    for (const value of shown) {
      console.log(util.inspect(value, { depth: 9, showHidden: true }), String(value));
    }
    console.log(JSON.stringify(identity), Object.entries(identity));
    echo.failLater('busy').catch(() => undefined);`,
    { NET_LOG: 'trace' },
  );
  expect(stderr).toContain('panic');
  expect(stdout).toContain('Identity');
  for (const secret of ['a7a7', 'a7 a7', '167, 167', '167,167', 'p6en', '\ufffd\ufffd']) {
    expect((stdout + stderr).toLowerCase()).not.toContain(secret.toLowerCase());
  }
});

test('malformed arguments are identity errors', () => {
  const identity = Identity.generate();
  const options = {
    subject: identity.entityId,
    scope: ['publish'] as const,
    channel,
    ttlSeconds: 1,
  };
  const error = thrown(() => Identity.fromSeed(seed.subarray(1)));
  expect(error).toBeInstanceOf(IdentityError);
  expect(error).toMatchObject({
    kind: 'invalid_seed',
    message: 'identity: seed must be 32 bytes, got 31',
  });
  const issue = (changed: object) => thrown(() => identity.issueToken({ ...options, ...changed }));
  expect(issue({ subject: seed.subarray(1) })).toMatchObject({ kind: 'invalid_entity_id' });
  expect(issue({ scope: [] })).toMatchObject({ kind: 'empty_scope' });
  expect(issue({ scope: ['fly' as never] })).toMatchObject({
    name: 'IdentityError',
    kind: 'unknown_scope',
    message: 'identity: `fly` is none of publish, subscribe, admin, delegate, wildcard',
  });
  expect(issue({ scope: ['wildcard'] })).toMatchObject({ kind: 'unknown_scope' });
  expect(issue({ channel: 'Upper' })).toMatchObject({ kind: 'invalid_channel' });
  expect(thrown(() => channelHash(''))).toBeInstanceOf(IdentityError);
});

test('refused tokens are token errors', () => {
  const identity = Identity.generate();
  const options = { subject: identity.entityId, scope: ['publish'] as const, channel };
  const zero = thrown(() => identity.issueToken({ ...options, ttlSeconds: 0 }));
  expect(zero).toBeInstanceOf(TokenError);
  expect(zero).toMatchObject({ kind: 'zero_ttl', message: 'token: zero_ttl' });
  expect(thrown(() => Token.parse(Buffer.alloc(161)))).toMatchObject({ kind: 'invalid_format' });
});

test('bytes stand for a token', () => {
  const [issuer, subject] = [Identity.generate(), Identity.generate()];
  const scope = ['subscribe', 'delegate'] as const;
  const grant = { subject: subject.entityId, scope, channel, ttlSeconds: 60, delegationDepth: 1 };
  const token = issuer.issueToken(grant).toBuffer();
  subject.installToken(token);
  expect(subject.lookupToken(subject.entityId, channel)?.toBuffer()).toEqual(token);
  const leaf = delegateToken(subject, token, issuer.entityId, ['subscribe']);
  const asked = { trustedIssuers: [issuer.entityId], subject: issuer.entityId, channel };
  authorize([token, leaf.toBuffer()], { ...asked, scope: ['subscribe'] });
  expect(thrown(() => subject.installToken(token.subarray(1)))).toMatchObject({
    kind: 'invalid_format',
  });
});

test('a chain of tokens is authorized by its root', () => {
  const [root, middle, leaf] = [Identity.generate(), Identity.generate(), Identity.generate()];
  const scope = [TokenScope.Subscribe, TokenScope.Delegate];
  const first = root.issueToken({
    subject: middle.entityId,
    scope,
    channel,
    ttlSeconds: 300,
    delegationDepth: 1,
  });
  const last = delegateToken(middle, first, leaf.entityId, ['subscribe']);
  const asked = { subject: leaf.entityId, scope: ['subscribe'] as const, channel };
  authorize([first, last], { ...asked, trustedIssuers: [root.entityId] });
  authorize([first, last], { ...asked, trustedIssuers: [root.entityId], now: new Date() });
  const own = leaf.issueToken({ subject: leaf.entityId, scope, channel, ttlSeconds: 300 });
  const error = thrown(() => authorize([own], { ...asked, trustedIssuers: [root.entityId] }));
  expect(error).toMatchObject({
    kind: 'not_authorized',
    link: 0,
    reason: 'its issuer is not trusted',
  });
});

test('an encoded token is read, verified and kept', () => {
  const [issuer, subject] = [Identity.generate(), Identity.generate()];
  const { bytes } = issuer.issueToken({
    subject: subject.entityId,
    scope: ['subscribe'],
    channel,
    ttlSeconds: 300,
  });
  expect([verifyToken(bytes), tokenIsExpired(bytes)]).toEqual([true, false]);
  expect(parseToken(bytes)).toMatchObject({
    subject: subject.entityId,
    channelHash: channelHash(channel),
  });
  subject.installToken(Token.parse(bytes));
  expect(subject.tokenCacheLen).toBe(1);
  expect(subject.lookupToken(subject.entityId, channel)?.bytes).toEqual(bytes);
  expect(subject.lookupToken(subject.entityId, 'sensors')).toBeNull();
});

test('dedup remembers the ids that were asked for last', () => {
  const dedup = new RedisStreamDedup();
  expect([dedup.capacity, dedup.len, dedup.isEmpty]).toEqual([4096, 0, true]);
  expect(['a', 'b', 'a'].map((id) => dedup.isDuplicate(id))).toEqual([false, false, true]);
  dedup.clear();
  expect(dedup.isDuplicate('a')).toBe(false);
});
