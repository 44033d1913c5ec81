import React from 'react';
import { placeOf } from './actions';
import type { IEntry } from './messages';
import { Action, Buttons, type IServices } from './parts';
import { sizeText } from './words';

/** Whether weights come from the Hub, so that we may remove them. */
const HUB_ID = /^[\w.-]+\/[\w.-]+$/;

/** What can be done with an entry at present. */
export function EntryButtons({
  entry,
  services: { acts, model, trans }
}: {
  entry: IEntry;
  services: IServices;
}): React.ReactElement {
  const { weights, title } = entry;
  const state = model.download(weights)?.state;
  const off = model.busy(placeOf(weights)) || model.away;
  const fetch = (label: string, name: string) => (
    <Action
      label={label}
      name={name}
      kind="accept"
      off={off}
      onClick={() => void acts.download(weights)}
    />
  );
  const cancel = (
    <Action
      label={trans.__('Cancel')}
      name={trans.__('Cancel the download of %1', title)}
      off={off}
      onClick={() => void acts.cancel(weights)}
    />
  );
  const buttons = () => {
    switch (state) {
      case 'starting':
      case 'running':
      case 'checking':
        return (
          <>
            <Action
              label={trans.__('Pause')}
              name={trans.__('Pause the download of %1', title)}
              off={off}
              onClick={() => void acts.act('pause', weights)}
            />
            {cancel}
          </>
        );
      case 'paused':
        return (
          <>
            {fetch(
              trans.__('Resume'),
              trans.__('Resume the download of %1', title)
            )}
            {cancel}
          </>
        );
      case 'failed':
        return (
          <>
            {fetch(
              trans.__('Retry'),
              trans.__('Retry the download of %1', title)
            )}
            {cancel}
          </>
        );
      default:
        return entry.presence === 'complete' ? (
          <>
            <Action
              label={trans.__('Use for…')}
              name={trans.__('Use for…: %1', title)}
              kind="accept"
              off={off}
              onClick={() => void acts.use(weights)}
            />
            {HUB_ID.test(weights) && (
              <Action
                label={trans.__('Delete…')}
                name={trans.__('Delete…: %1', title)}
                off={off}
                onClick={() => void acts.remove(weights)}
              />
            )}
          </>
        ) : (
          <>
            {entry.presence === 'partial'
              ? fetch(
                  trans.__('Resume'),
                  trans.__('Resume the download of %1', title)
                )
              : fetch(
                  trans.__('Download'),
                  trans.__(
                    'Download %1, %2',
                    title,
                    sizeText(entry.download_bytes)
                  )
                )}
            {entry.presence === 'partial' && cancel}
          </>
        );
    }
  };
  return (
    <Buttons label={trans.__('Actions for %1', title)}>{buttons()}</Buttons>
  );
}
