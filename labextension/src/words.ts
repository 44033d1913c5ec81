import type { TranslationBundle } from '@jupyterlab/translation';
import type { EngineModel } from './engine';
import { shortName } from './models/words';

/** The engine's state in a word or two. */
export function stateText(
  model: EngineModel,
  trans: TranslationBundle
): string {
  switch (model.state) {
    case 'off':
      return trans.__('off');
    case 'loading':
      return trans.__(
        'loading %1%',
        Math.floor(100 * (model.engine?.share ?? 0))
      );
    case 'ready':
      return trans.__('ready');
    case 'busy':
      return trans.__('busy');
    case 'restarting':
      return trans.__('restarting');
    case 'failed':
      return trans.__('failed');
    case 'unreachable':
      return trans.__('no connection');
    case 'unknown':
      return trans.__('no engine');
  }
}

/** Weights with the product's name, unless they bear it themselves. */
export function productName(weights: string, trans: TranslationBundle): string {
  const name = shortName(weights);
  return /^star/i.test(name) ? name : trans.__('StarCoder2 %1', name);
}

/** Product, weights and state; during a switch, what is about to answer. */
export function engineLabel(
  model: EngineModel,
  trans: TranslationBundle
): string {
  const state = stateText(model, trans);
  const weights = model.engine?.weights ?? '';
  const { next } = model;
  if (next?.state === 'loading' && next.weights !== weights) {
    return trans.__(
      '%1: loading %2% (%3 answers)',
      productName(next.weights, trans),
      Math.floor(100 * (next.share ?? 0)),
      shortName(weights)
    );
  }
  return weights
    ? trans.__('%1: %2', productName(weights, trans), state)
    : trans.__('StarCoder2: %1', state);
}

/** What the state means for the user, and what to do about it. */
export function stateHelp(
  model: EngineModel,
  trans: TranslationBundle
): string {
  const failure = model.engine?.failure;
  if (failure && model.state !== 'ready') {
    return [failure.message, failure.hint].filter(Boolean).join(' ');
  }
  switch (model.state) {
    case 'off':
      return trans.__('The engine starts with the first request.');
    case 'unreachable':
      return trans.__(
        'The jupyter-sc2 server extension does not answer. Is it enabled?'
      );
    case 'unknown':
      return trans.__('The server offers no weights.');
    default:
      return trans.__('Nothing leaves this machine.');
  }
}
