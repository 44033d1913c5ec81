import React from 'react';
import { placeOf } from './actions';
import { EntryButtons } from './entrybuttons';
import { Facts } from './facts';
import { fits, lackingBytes } from './fit';
import type { ICatalogue, IEntry } from './messages';
import { Problem, type IServices } from './parts';
import { Progress } from './progress';
import { kindName, roleText } from './words';

/** One entry of the catalogue. */
export function Entry({
  entry,
  catalogue,
  services
}: {
  entry: IEntry;
  catalogue: ICatalogue;
  services: IServices;
}): React.ReactElement {
  const { model, trans } = services;
  const id = React.useId();
  const download = model.download(entry.weights);
  const there = presence(entry, catalogue, services);
  return (
    <li>
      <article
        className="jp-sc2-models-entry"
        aria-labelledby={id}
        data-weights={entry.weights}
      >
        <div className="jp-sc2-models-entry-main">
          <div className="jp-sc2-models-title">
            <h3 id={id} tabIndex={-1}>
              {entry.title}
            </h3>
            <span className="jp-sc2-models-badge">
              {kindName(entry.kind, trans)}
            </span>
            {catalogue.recommendation.weights === entry.weights && (
              <span className="jp-sc2-models-badge" data-kind="recommended">
                {trans.__('recommended here')}
              </span>
            )}
          </div>
          <p className="jp-sc2-models-weights">{entry.weights}</p>
          {there && <p>{there}</p>}
          <Verdict entry={entry} catalogue={catalogue} />
          {download && (
            <Progress
              download={download}
              title={entry.title}
              services={services}
            />
          )}
          <EntryButtons entry={entry} services={services} />
          <Problem place={placeOf(entry.weights)} services={services} />
        </div>
        <Facts entry={entry} services={services} />
      </article>
    </li>
  );
}

/** Where the weights are, and what uses them. */
function presence(
  entry: IEntry,
  { roles }: ICatalogue,
  { model, trans }: IServices
): string {
  const users = roles.filter(({ weights }) => weights === entry.weights);
  const used =
    users.length > 0 &&
    trans.__(
      'In use: %1.',
      users.map(({ role }) => roleText(role, trans)).join(', ')
    );
  const place = () => {
    switch (entry.presence) {
      case 'complete':
        return entry.weights === 'built-in'
          ? trans.__('Comes with jupyter-sc2.')
          : trans.__('On this machine, complete.');
      case 'partial':
        return model.download(entry.weights)
          ? ''
          : trans.__('Partly downloaded.');
      case 'absent':
        return model.download(entry.weights) ? '' : trans.__('Not downloaded.');
    }
  };
  return [place(), used].filter(Boolean).join(' ');
}

/** How the weights suit this machine; a warning where they do not. */
function Verdict({
  entry,
  catalogue
}: {
  entry: IEntry;
  catalogue: ICatalogue;
}): React.ReactElement {
  const lacks =
    entry.presence !== 'complete' && lackingBytes(entry, catalogue) > 0;
  return (
    <p className={lacks || !fits(entry) ? 'jp-sc2-models-warning' : undefined}>
      {entry.verdict}
    </p>
  );
}
