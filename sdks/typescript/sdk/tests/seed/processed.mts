/** The entries that the snippet has processed, by their text. */
export const texts: string[] = [];

/** What the snippet does with an entry. */
export async function processed(entry: { message: Record<string, string> }): Promise<void> {
  texts.push(entry.message['d'] ?? '');
}
