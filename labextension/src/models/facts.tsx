import { checkIcon, closeIcon } from '@jupyterlab/ui-components';
import React from 'react';
import type { IEntry, IMemoryNeed } from './messages';
import { External, type IServices } from './parts';
import { isAccepted } from './terms';
import {
  kindText,
  parametersText,
  precisionText,
  roleText,
  sizeText
} from './words';

/** Languages that are named before the list is opened. */
const FEW = 4;

/** What there is to know about weights before they are chosen. */
export function Facts({
  entry,
  services
}: {
  entry: IEntry;
  services: IServices;
}): React.ReactElement {
  const { trans } = services;
  const suited = entry.suited_for.map(role => roleText(role, trans));
  return (
    <dl className="jp-sc2-models-facts">
      <dt>{trans.__('What they do')}</dt>
      <dd>
        {trans.__(
          '%1 Suited for: %2.',
          kindText(entry.kind, trans),
          suited.join(', ')
        )}
      </dd>
      <dt>{trans.__('Size')}</dt>
      <dd>{sizes(entry, services)}</dd>
      {entry.memory.length > 0 && (
        <>
          <dt>{trans.__('Memory needed')}</dt>
          <dd>
            <ul className="jp-sc2-models-memory">
              {entry.memory.map(need => (
                <Need key={need.precision} need={need} services={services} />
              ))}
            </ul>
          </dd>
        </>
      )}
      {entry.language_count > 0 && (
        <>
          <dt>{trans.__('Languages seen')}</dt>
          <dd>
            <Languages entry={entry} services={services} />
          </dd>
        </>
      )}
      <dt>{trans.__('Licence')}</dt>
      <dd>
        <Licence entry={entry} services={services} />
      </dd>
    </dl>
  );
}

function sizes(entry: IEntry, { trans }: IServices): string {
  const { parameters, download_bytes: download } = entry;
  const disk = entry.presence === 'complete' ? entry.disk_bytes : 0;
  return [
    parametersText(parameters, trans),
    download > 0 && trans.__('download %1', sizeText(download)),
    disk > 0 && trans.__('%1 on disk', sizeText(disk))
  ]
    .filter(Boolean)
    .join(', ');
}

/** In words and by a sign, not by colour alone. */
function Need({
  need: { precision, bytes, fits },
  services: { trans }
}: {
  need: IMemoryNeed;
  services: IServices;
}): React.ReactElement {
  const Sign = fits ? checkIcon : closeIcon;
  return (
    <li data-fits={fits}>
      <Sign.react tag="span" width="12px" height="12px" aria-hidden="true" />
      <span>{precisionText(precision, trans)}</span>
      <span className="jp-sc2-models-size">{sizeText(bytes)}</span>
      <span>{fits ? trans.__('fits') : trans.__('does not fit')}</span>
    </li>
  );
}

function Languages({
  entry: { languages, language_count: count },
  services: { trans }
}: {
  entry: IEntry;
  services: IServices;
}): React.ReactElement {
  const number = trans._n('%1 language', '%1 languages', count);
  if (languages.length <= FEW) {
    const text = languages.join(', ');
    return <>{text && count === languages.length ? text : number}</>;
  }
  const few = languages.slice(0, FEW).join(', ');
  return (
    <details>
      <summary>{trans.__('%1: %2, …', number, few)}</summary>
      <p>
        {languages.length < count
          ? trans.__(
              '%1, and %2 more',
              languages.join(', '),
              count - languages.length
            )
          : languages.join(', ')}
      </p>
    </details>
  );
}

/** The licence and the model card, one click away at any time. */
export function Licence({
  entry,
  services: { acts, model, trans }
}: {
  entry: IEntry;
  services: IServices;
}): React.ReactElement {
  const licence = entry.licence ? model.licence(entry.licence) : undefined;
  return (
    <span className="jp-sc2-models-licence">
      {licence ? (
        <External href={licence.url}>{entry.licence_name}</External>
      ) : (
        <span>{entry.licence_name || trans.__('not known')}</span>
      )}
      {licence && (
        <>
          <button
            type="button"
            className="jp-sc2-models-textbutton"
            aria-label={trans.__('Terms of %1', entry.title)}
            onClick={() => void acts.showTerms(licence)}
          >
            {trans.__('Terms')}
          </button>
          <span>
            {isAccepted(licence)
              ? licence.acceptance?.for_server
                ? trans.__('accepted for this server')
                : trans.__('accepted')
              : trans.__('to be accepted before the download')}
          </span>
        </>
      )}
      {entry.card && (
        <External href={entry.card}>{trans.__('Model card')}</External>
      )}
    </span>
  );
}
