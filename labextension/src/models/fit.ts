import type { Role } from '../messages';
import type { ICatalogue, IEntry } from './messages';

/** Whether weights fit into the memory in some precision. */
export function fits({ memory }: Pick<IEntry, 'memory'>): boolean {
  return memory.length === 0 || memory.some(need => need.fits);
}

/** Whether a role can use weights: those that converse complete no code at the cursor. */
export function serves(role: Role, entry: IEntry | undefined): boolean {
  return role !== 'ghost' || (entry?.kind ?? 'base') === 'base';
}

/** Bytes that the disk lacks for what of a download is still to come. */
export function lackingBytes(
  { weights, download_bytes }: IEntry,
  { downloads, machine }: ICatalogue
): number {
  const done = downloads.find(each => each.weights === weights)?.done ?? 0;
  return Math.max(0, download_bytes - done - machine.disk_free_bytes);
}
