import React from 'react';
import type { ICatalogue } from './messages';
import { Action, Problem, type IServices } from './parts';
import { sizeText } from './words';

const PLACE = 'settings';
const MOST_MINUTES = 10_080; // a week, the bound of the server

/** What the machine has, and how long weights stay in its memory. */
export function Machine({
  catalogue,
  services
}: {
  catalogue: ICatalogue;
  services: IServices;
}): React.ReactElement {
  const { trans } = services;
  const id = React.useId();
  const { machine, memory_budget_bytes: budget } = catalogue;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{trans.__('Memory and disk')}</h2>
      <dl className="jp-sc2-models-facts">
        <dt>{trans.__('Memory')}</dt>
        <dd>
          {trans.__(
            '%1, %2 free for weights',
            sizeText(machine.memory_bytes),
            sizeText(machine.memory_free_bytes)
          )}
          {budget > 0 &&
            trans.__('; an administrator allows %1', sizeText(budget))}
        </dd>
        {machine.devices
          .filter(({ memory_bytes }) => memory_bytes > 0)
          .map(device => (
            <React.Fragment key={device.name}>
              <dt>{device.name}</dt>
              <dd>
                {trans.__(
                  '%1: %2, %3 free',
                  device.title,
                  sizeText(device.memory_bytes),
                  sizeText(device.free_bytes)
                )}
              </dd>
            </React.Fragment>
          ))}
        <dt>{trans.__('Disk')}</dt>
        <dd>
          {trans.__(
            '%1 free in %2',
            sizeText(machine.disk_free_bytes),
            machine.disk_path
          )}
        </dd>
      </dl>
      <Idle catalogue={catalogue} services={services} />
      <Problem place={PLACE} services={services} />
    </section>
  );
}

function Idle({
  catalogue,
  services: { acts, model, trans }
}: {
  catalogue: ICatalogue;
  services: IServices;
}): React.ReactElement {
  /** What the user has written and not applied. */
  const [draft, setDraft] = React.useState<string | null>(null);
  const help = React.useId();
  const text = draft ?? String(catalogue.idle_minutes);
  const minutes = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  const valid = minutes <= MOST_MINUTES;
  const apply = async () => {
    if (await acts.setIdleMinutes(minutes, PLACE)) {
      setDraft(null);
    }
  };
  return (
    <form
      className="jp-sc2-models-form"
      onSubmit={event => {
        event.preventDefault();
        if (valid && draft !== null && !model.away) {
          void apply();
        }
      }}
    >
      <label>
        {trans.__('Unload what was not used for')}{' '}
        <input
          type="number"
          aria-describedby={help}
          min={0}
          max={MOST_MINUTES}
          value={text}
          onChange={({ target }) => setDraft(target.value)}
        />{' '}
        {trans.__('minutes')}
      </label>
      <span id={help}>{trans.__('0: it stays loaded.')}</span>
      {draft !== null && minutes !== catalogue.idle_minutes && (
        <Action
          label={trans.__('Apply')}
          name={trans.__('Apply the minutes')}
          kind="accept"
          off={!valid || model.busy(PLACE) || model.away}
          onClick={() => void apply()}
        />
      )}
    </form>
  );
}
