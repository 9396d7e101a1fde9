/** What comes part by part: at once where it is in memory, or as it is read. */
export type Stream<T> = Iterable<T> | AsyncIterable<T>;
