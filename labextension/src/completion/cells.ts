import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { CellKind, ICell, IStateRef } from '../messages';

/** The server's bound on cells in one request. */
export const MAX_CELLS = 2000;

/**
 * Bytes that all cells of a request may take with every source included, so
 * that a body stays below the server's 1 MiB even when nothing is known there.
 */
export const MAX_BYTES = 900 * 1024;

/** Bytes of one encoded cell besides its id and source. */
const CELL_OVERHEAD = 128;

const MAX_KNOWN = 20000;

/** A cell as the notebook has it. */
export interface ICellSource {
  id: string;
  kind: CellKind;
  source: string;
}

/** A cell with what is needed to send it. */
export interface IDigestedCell extends ICellSource {
  sha: string;
  bytes: number;
}

/** Replace lone surrogates, which UTF-8 cannot hold. Keeps all offsets. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** The SHA-256 of a text in UTF-8. */
export function shaOf(text: string): string {
  return bytesToHex(sha256(new TextEncoder().encode(wellFormed(text))));
}

/**
 * The cells nearest to `active` that fit, in notebook order.
 * Empty when the active cell alone is too large.
 */
export function nearest<T extends { bytes: number }>(
  cells: readonly T[],
  active: number,
  maxCells = MAX_CELLS,
  maxBytes = MAX_BYTES
): T[] {
  const chosen: number[] = [];
  let bytes = 0;
  const take = (index: number) => {
    const cell = cells[index];
    if (cell && chosen.length < maxCells && bytes + cell.bytes <= maxBytes) {
      bytes += cell.bytes;
      chosen.push(index);
    }
  };
  take(active);
  if (chosen.length === 0) {
    return [];
  }
  for (let step = 1; step < cells.length; step++) {
    take(active - step);
    take(active + step);
  }
  return chosen.sort((a, b) => a - b).map(index => cells[index]);
}

/** Hashes cells, and remembers which sources the server has. */
export class CellLedger {
  /** Hash one cell; an unchanged source costs a comparison only. */
  digest(cell: ICellSource): IDigestedCell {
    const last = this._digests.get(cell.id);
    if (last && last.raw === cell.source) {
      return { ...last.cell, kind: cell.kind };
    }
    const source = wellFormed(cell.source);
    const encoded = new TextEncoder().encode(JSON.stringify(source)).length;
    const digested = {
      ...cell,
      source,
      sha: shaOf(source),
      bytes: encoded + cell.id.length + CELL_OVERHEAD
    };
    if (this._digests.size >= 2 * MAX_CELLS) {
      this._digests.clear();
    }
    this._digests.set(cell.id, { raw: cell.source, cell: digested });
    return digested;
  }

  /** The cells as sent: sources that the server knows are left out. */
  encode(cells: readonly IDigestedCell[]): ICell[] {
    return cells.map(({ id, kind, sha, source }) =>
      this._known.has(sha) ? { id, kind, sha } : { id, kind, sha, source }
    );
  }

  /** The same for a notebook's state or another notebook. */
  encodeState({ sha, source }: Required<IStateRef>): IStateRef {
    return this._known.has(sha) ? { sha } : { sha, source };
  }

  /** The server got these, or will say that it lacks them. */
  sent(cells: readonly IStateRef[]): void {
    if (this._known.size + cells.length > MAX_KNOWN) {
      this._known.clear();
    }
    for (const cell of cells) {
      if (cell.source !== undefined) {
        this._known.add(cell.sha);
      }
    }
  }

  /** The server lacks these, or everything: send it again. */
  forget(shas: Iterable<string> = [...this._known]): void {
    for (const sha of shas) {
      this._known.delete(sha);
    }
  }

  private readonly _digests = new Map<
    string,
    { raw: string; cell: IDigestedCell }
  >();
  private readonly _known = new Set<string>();
}
