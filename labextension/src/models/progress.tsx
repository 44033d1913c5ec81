import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { IDownload } from './messages';
import type { IServices } from './parts';
import { sizeText, timeLeft } from './words';

/** How far a download is, as a bar and in words. */
export function Progress({
  download,
  title,
  services: { trans }
}: {
  download: IDownload;
  title: string;
  services: IServices;
}): React.ReactElement | null {
  const { state, failure } = download;
  if (state === 'done') {
    return null;
  }
  const percent = percentOf(download);
  return (
    <div className="jp-sc2-models-progress" data-state={state}>
      <div
        role="progressbar"
        aria-label={trans.__('Download of %1', title)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={progressText(download, trans)}
      >
        <div style={{ width: `${percent}%` }} />
      </div>
      <p>{progressText(download, trans)}</p>
      {download.note && <p>{download.note}</p>}
      {failure && (
        <div role="alert" className="jp-sc2-models-problem">
          <p>{[failure.message, failure.hint].filter(Boolean).join(' ')}</p>
        </div>
      )}
    </div>
  );
}

function percentOf({ done, total }: IDownload): number {
  return total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : 0;
}

/** `3.1 GB of 12.1 GB (25%), 24 MB/s, about 6 minutes left`. */
export function progressText(
  download: IDownload,
  trans: TranslationBundle
): string {
  const { done, total, rate, seconds_left: left, state } = download;
  const share = trans.__(
    '%1 of %2 (%3%)',
    sizeText(done),
    sizeText(total),
    percentOf(download)
  );
  switch (state) {
    case 'starting':
      return trans.__('Starting…');
    case 'checking':
      return trans.__('Checking every file (SHA-256)…');
    case 'paused':
      return trans.__('Paused at %1.', share);
    case 'failed':
      return trans.__('Stopped at %1.', share);
    case 'done':
      return trans.__('Downloaded and checked, %1.', sizeText(total));
    case 'running':
      return [
        share,
        rate > 0 && trans.__('%1/s', sizeText(rate)),
        left !== null && timeLeft(left, trans)
      ]
        .filter(Boolean)
        .join(', ');
  }
}
