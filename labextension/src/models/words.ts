import type { TranslationBundle } from '@jupyterlab/translation';
import type { IEngineStatus, Role } from '../messages';
import type { IEntry, Precision, WeightsKind } from './messages';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** As the Hub and disks count: `12.1 GB` is 12,100,000,000 bytes. */
export function sizeText(bytes: number): string {
  let unit = 0;
  let value = Math.max(0, bytes);
  while (unit < UNITS.length - 1 && value >= 999.5) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 2 && value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** How long something still takes, roughly. */
export function timeLeft(seconds: number, trans: TranslationBundle): string {
  if (seconds < 60) {
    const tens = Math.max(10, 10 * Math.ceil(seconds / 10));
    return trans.__('less than %1 s left', tens);
  }
  const minutes = Math.round(seconds / 60);
  return minutes < 60
    ? trans._n('about %1 minute left', 'about %1 minutes left', minutes)
    : trans.__(
        'about %1 h %2 min left',
        Math.floor(minutes / 60),
        minutes % 60
      );
}

/** `3.0 billion`. */
export function parametersText(
  count: number,
  trans: TranslationBundle
): string {
  return count >= 1e9
    ? trans.__('%1 billion parameters', (count / 1e9).toFixed(1))
    : trans.__('%1 million parameters', Math.round(count / 1e6));
}

export function roleText(role: Role, trans: TranslationBundle): string {
  switch (role) {
    case 'ghost':
      return trans.__('Ghost text');
    case 'magic':
      return '%%starcoder';
    case 'chat':
      return trans.__('Chat');
  }
}

/** The state of an engine, in a word or two. */
export function engineText(
  engine: IEngineStatus | null,
  trans: TranslationBundle
): string {
  switch (engine?.state) {
    case 'loading':
      return trans.__('loading %1%', Math.floor(100 * (engine.share ?? 0)));
    case 'ready':
      return engine.running + engine.waiting > 0
        ? trans.__('busy')
        : trans.__('ready');
    case 'restarting':
      return trans.__('restarting');
    case 'failed':
      return trans.__('failed');
    default:
      return trans.__('not loaded');
  }
}

/** What kind of weights these are, in a word. */
export function kindName(kind: WeightsKind, trans: TranslationBundle): string {
  switch (kind) {
    case 'base':
      return trans.__('base');
    case 'instruct':
      return trans.__('instruct');
    case 'chat':
      return trans.__('chat');
  }
}

/** What weights of this kind do, in a sentence. */
export function kindText(kind: WeightsKind, trans: TranslationBundle): string {
  switch (kind) {
    case 'base':
      return trans.__('Base model: completes code, does not converse.');
    case 'instruct':
      return trans.__('Follows requests in words.');
    case 'chat':
      return trans.__('Made for conversation.');
  }
}

export function precisionText(
  precision: Precision,
  trans: TranslationBundle
): string {
  switch (precision) {
    case 'auto':
      return trans.__('automatic');
    case 'float32':
      return trans.__('32 bits (float32)');
    case 'bfloat16':
      return trans.__('16 bits (bfloat16)');
    case 'int8':
      return trans.__('8 bits (int8)');
    case 'int4':
      return trans.__('4 bits (int4)');
  }
}

/** The title of weights, or the last part of their name. */
export function titleOf(weights: string, entries: readonly IEntry[]): string {
  const entry = entries.find(each => each.weights === weights);
  return entry?.title ?? shortName(weights);
}

/** How weights are called in few words: `StarCoder2-3B` for `bigcode/starcoder2-3b`. */
export function shortName(weights: string): string {
  return lastPart(weights)
    .replace(/^starcoder2/i, 'StarCoder2')
    .replace(/^starchat2/i, 'StarChat2')
    .replace(/-\d+b(?![a-z])/i, size => size.toUpperCase());
}

/** What of a path or an id of the Hub names the weights. */
export function lastPart(weights: string): string {
  return weights.split(/[\\/]/).filter(Boolean).pop() ?? weights;
}
