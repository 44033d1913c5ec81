import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Sc2Error } from './api';

/** Failures that last until the user does something about them. */
const LASTING = [
  'engine_failed',
  'no_weights',
  'weights_corrupt',
  'no_memory',
  'wrong_adapter',
  'wrong_kind',
  'licence_needed'
];

/**
 * Tell the user about a lasting failure, once for each code. Everything else
 * stays quiet here: the status item shows it, and a keystroke is no place to nag.
 */
export function failureReporter(
  trans: TranslationBundle,
  onDetails: () => void
): (error: Error) => void {
  const told = new Set<string>();
  return error => {
    if (
      !(error instanceof Sc2Error) ||
      !LASTING.includes(error.code) ||
      told.has(error.code)
    ) {
      return;
    }
    told.add(error.code);
    const text = [error.message, error.hint].filter(Boolean).join(' ');
    Notification.error(trans.__('StarCoder2: %1', text), {
      autoClose: false,
      actions: [{ label: trans.__('Details'), callback: onDetails }]
    });
  };
}
