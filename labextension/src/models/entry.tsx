import React from 'react';
import { placeOf } from './actions';
import { EntryButtons } from './entrybuttons';
import { Facts } from './facts';
import { fits, isAllowed, lackingBytes } from './fit';
import type { ICatalogue, IEntry } from './messages';
import { Problem, type IServices } from './parts';
import { Progress } from './progress';
import { kindName, roleText, sizeText } from './words';

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
          <Verdict entry={entry} catalogue={catalogue} services={services} />
          {download && (
            <Progress
              download={download}
              title={entry.title}
              services={services}
            />
          )}
          <EntryButtons
            entry={entry}
            allowed={isAllowed(entry.weights, catalogue)}
            services={services}
          />
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

/** How the weights suit this machine, and what stands in their way. */
function Verdict({
  entry,
  catalogue,
  services: { trans }
}: {
  entry: IEntry;
  catalogue: ICatalogue;
  services: IServices;
}): React.ReactElement {
  const lacking =
    entry.presence === 'complete' ? 0 : lackingBytes(entry, catalogue);
  const warnings = [
    !fits(entry) && entry.verdict,
    lacking > 0 &&
      trans.__(
        'The disk lacks %1 for the download: %2 are free in %3.',
        sizeText(lacking),
        sizeText(catalogue.machine.disk_free_bytes),
        catalogue.machine.disk_path
      ),
    !isAllowed(entry.weights, catalogue) &&
      trans.__('An administrator does not permit these weights.')
  ].filter((warning): warning is string => !!warning);
  return (
    <>
      {fits(entry) && entry.verdict && <p>{entry.verdict}</p>}
      {warnings.map(warning => (
        <p key={warning} className="jp-sc2-models-warning">
          {warning}
        </p>
      ))}
    </>
  );
}
