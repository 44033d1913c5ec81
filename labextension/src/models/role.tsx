import React from 'react';
import type { IEngineStatus } from '../messages';
import type { ICatalogue, IChooseWeights, IRoleChoice } from './messages';
import { Action, Buttons, Problem, type IServices } from './parts';
import { RoleFields } from './rolefields';
import { engineText, roleText, sizeText, titleOf } from './words';

/** What a role uses now, and what it shall use. */
export function RoleCard({
  choice,
  catalogue,
  services
}: {
  choice: IRoleChoice;
  catalogue: ICatalogue;
  services: IServices;
}): React.ReactElement {
  const { acts, model, trans } = services;
  const id = React.useId();
  const place = `role:${choice.role}`;
  const name = roleText(choice.role, trans);
  /** What the user has changed and not applied. */
  const [draft, setDraft] = React.useState<Partial<IChooseWeights>>({});
  /** What was applied here last; it holds while it is on its way. */
  const [asked, setAsked] = React.useState<IChooseWeights | null>(null);
  const chosen = chosenOf(choice, asked);
  const wanted = { ...chosen, ...draft };
  const keys = Object.keys(chosen) as (keyof IChooseWeights)[];
  const changed = keys.some(key => wanted[key] !== chosen[key]);
  const off = model.busy(place) || model.away;
  const apply = async () => {
    if (await acts.choose(choice.role, wanted, place)) {
      setAsked(wanted);
      setDraft({});
    }
  };
  return (
    <li>
      <article className="jp-sc2-models-role" aria-labelledby={id}>
        <h3 id={id}>{name}</h3>
        <RoleState choice={choice} catalogue={catalogue} services={services} />
        <RoleFields
          wanted={wanted}
          role={choice.role}
          pinned={choice.pinned}
          catalogue={catalogue}
          services={services}
          onChange={part => setDraft({ ...draft, ...part })}
        />
        {choice.pinned && (
          <p className="jp-sc2-models-pinned">
            {trans.__('Set by an administrator.')}
          </p>
        )}
        <Buttons label={trans.__('Actions for %1', name)}>
          {changed && (
            <>
              <Action
                label={trans.__('Apply')}
                name={trans.__('Apply to %1', name)}
                kind="accept"
                off={off || !isContext(wanted.context)}
                onClick={() => void apply()}
              />
              <Action
                label={trans.__('Undo')}
                name={trans.__('Undo the changes for %1', name)}
                onClick={() => setDraft({})}
              />
            </>
          )}
          <LoadButtons choice={choice} place={place} services={services} />
        </Buttons>
        <Problem place={place} services={services} />
      </article>
    </li>
  );
}

/** What is on its way to a role, else what it has. */
function chosenOf(
  choice: IRoleChoice,
  asked: IChooseWeights | null
): IChooseWeights {
  const { weights, next_weights: next } = choice;
  if (next && asked?.weights === next) {
    return asked;
  }
  const { adapter, precision, device, context } = choice;
  return { weights: next || weights, adapter, precision, device, context };
}

/** Within the bounds of the server. */
function isContext(context: number): boolean {
  return Number.isInteger(context) && context >= 256 && context <= 16384;
}

function LoadButtons({
  choice: { role, weights },
  place,
  services: { acts, model, trans }
}: {
  choice: IRoleChoice;
  place: string;
  services: IServices;
}): React.ReactElement {
  const title = titleOf(weights, model.catalogue?.entries ?? []);
  const off = model.busy(place) || model.away;
  const state = model.engine.answering(role)?.state ?? 'off';
  if (state === 'off') {
    return (
      <Action
        label={trans.__('Load')}
        name={trans.__('Load %1', title)}
        off={off}
        onClick={() => void acts.load(weights, place)}
      />
    );
  }
  return (
    <>
      <Action
        label={trans.__('Unload')}
        name={trans.__('Unload %1', title)}
        off={off}
        onClick={() => void acts.act('unload', weights, place)}
      />
      <Action
        label={trans.__('Reload')}
        name={trans.__('Reload %1', title)}
        off={off}
        onClick={() => void acts.act('reload', weights, place)}
      />
    </>
  );
}

function RoleState({
  choice,
  catalogue: { entries },
  services: { model, trans }
}: {
  choice: IRoleChoice;
  catalogue: ICatalogue;
  services: IServices;
}): React.ReactElement {
  const engine = model.engine.answering(choice.role);
  const now = titleOf(choice.weights, entries);
  const coming = model.engine.coming(choice.role);
  const next = titleOf(choice.next_weights, entries);
  return (
    <div className="jp-sc2-models-state" data-state={engine?.state ?? 'off'}>
      <p>
        <strong>{now}</strong> <span>{engineText(engine, trans)}</span>
      </p>
      {choice.next_weights && (
        <>
          <p>
            {choice.next_weights === choice.weights
              ? trans.__(
                  'Loaded anew with other settings (%1); what there is answers until then.',
                  engineText(coming, trans)
                )
              : trans.__(
                  '%1 answers until %2 is ready (%3).',
                  now,
                  next,
                  engineText(coming, trans)
                )}
          </p>
          <LoadBar engine={coming} title={next} trans={trans} />
        </>
      )}
      <LoadBar engine={engine} title={now} trans={trans} />
      {engine?.details && (
        <p className="jp-sc2-models-small">
          {trans.__(
            '%1 on %2, %3 of memory',
            engine.details.precision,
            engine.details.device,
            sizeText(engine.details.memory_bytes)
          )}
        </p>
      )}
      {choice.note && <p className="jp-sc2-models-note">{choice.note}</p>}
      {[engine, coming].map(
        (each, index) =>
          each?.failure && (
            <p key={index} className="jp-sc2-models-problem">
              {[each.failure.message, each.failure.hint]
                .filter(Boolean)
                .join(' ')}
            </p>
          )
      )}
    </div>
  );
}

function LoadBar({
  engine,
  title,
  trans
}: {
  engine: IEngineStatus | null;
  title: string;
  trans: IServices['trans'];
}): React.ReactElement | null {
  if (engine?.state !== 'loading') {
    return null;
  }
  const percent = Math.floor(100 * (engine.share ?? 0));
  return (
    <div
      className="jp-sc2-models-bar"
      role="progressbar"
      aria-label={trans.__('Loading of %1', title)}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div style={{ width: `${percent}%` }} />
    </div>
  );
}
