/**
 * Changed copies of short lists. Each is made at its full length at once: a list that grows by
 * pushing is moved on its way and keeps room that it never uses; `concat` is made for long ones.
 */

/** The list with one more item before a place. */
export function withInserted<T>(list: readonly T[], at: number, item: T): T[] {
  const { length } = list;
  const longer = new Array<T>(length + 1);
  for (let i = 0; i < at; i++) longer[i] = list[i] as T;
  longer[at] = item;
  for (let i = at; i < length; i++) longer[i + 1] = list[i] as T;
  return longer;
}

export function withAppended<T>(list: readonly T[], item: T): T[] {
  return withInserted(list, list.length, item);
}

/** The list without `count` items from a place on. */
export function withRemoved<T>(list: readonly T[], at: number, count = 1): T[] {
  const length = list.length - count;
  const shorter = new Array<T>(length);
  for (let i = 0; i < at; i++) shorter[i] = list[i] as T;
  for (let i = at; i < length; i++) shorter[i] = list[i + count] as T;
  return shorter;
}
