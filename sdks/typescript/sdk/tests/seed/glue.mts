import { EventStream, TypedEventStream } from '@net-mesh/sdk';

/** Stops each iteration that begins after its events were read, so that the endless loops of the snippets end. */
export function endSubscriptionsSoon(): void {
  for (const { prototype } of [EventStream, TypedEventStream]) {
    const iterate = prototype[Symbol.asyncIterator];
    prototype[Symbol.asyncIterator] = function (this: EventStream & TypedEventStream<unknown>) {
      setTimeout(() => this.stop(), 200);
      return iterate.call(this) as never;
    };
  }
}
