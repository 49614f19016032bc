import { EventStream, TypedEventStream } from '@net-mesh/sdk';

/** Stops each iteration when it asks for more than so many events, so that the endless loops of the snippets end. */
export function endSubscriptionsAfter(events: number): void {
  for (const { prototype } of [EventStream, TypedEventStream]) {
    const iterate = prototype[Symbol.asyncIterator];
    prototype[Symbol.asyncIterator] = async function* (
      this: EventStream & TypedEventStream<unknown>,
    ) {
      const items = iterate.call(this);
      for (let taken = 0; ; taken++) {
        if (taken === events) this.stop();
        const item = await items.next();
        if (item.done) return;
        yield item.value;
      }
    } as never;
  }
}
