import React from 'react';
import type { Role } from '../messages';
import { serves } from './fit';
import type { ICatalogue, IChooseWeights, Precision } from './messages';
import type { IServices } from './parts';
import { precisionText, roleText, titleOf } from './words';

const PRECISIONS: Precision[] = ['auto', 'float32', 'bfloat16', 'int8', 'int4'];

/** Weights, and how they are used. */
export function RoleFields({
  wanted,
  role,
  pinned,
  catalogue,
  services: { trans },
  onChange
}: {
  wanted: IChooseWeights;
  role: Role;
  pinned: boolean;
  catalogue: ICatalogue;
  services: IServices;
  onChange: (part: Partial<IChooseWeights>) => void;
}): React.ReactElement {
  const name = roleText(role, trans);
  const { weights, adapter, precision, device, context } = wanted;
  const devices = [
    ...new Set(['auto', ...catalogue.machine.devices.map(d => d.name), device])
  ];
  return (
    <div className="jp-sc2-models-fields">
      <label>
        <span>{trans.__('Weights')}</span>
        <select
          aria-label={trans.__('Weights for %1', name)}
          value={weights}
          disabled={pinned}
          onChange={({ target }) =>
            onChange({
              weights: target.value,
              adapter: '', // belongs to the weights that it was made for
              precision: 'auto'
            })
          }
        >
          {usable(role, weights, catalogue).map(each => (
            <option key={each} value={each}>
              {titleOf(each, catalogue.entries)}
            </option>
          ))}
        </select>
      </label>
      <details>
        <summary>{trans.__('Adapter, precision, device, context')}</summary>
        <label>
          <span>{trans.__('Adapter')}</span>
          <input
            type="text"
            aria-label={trans.__('LoRA adapter for %1', name)}
            placeholder={trans.__('none; a folder or Hub id')}
            value={adapter}
            maxLength={4096}
            spellCheck={false}
            disabled={pinned}
            onChange={({ target }) => onChange({ adapter: target.value })}
          />
        </label>
        <label>
          <span>{trans.__('Precision')}</span>
          <select
            aria-label={trans.__('Precision for %1', name)}
            value={precision}
            disabled={pinned}
            onChange={({ target }) =>
              onChange({ precision: target.value as Precision })
            }
          >
            {PRECISIONS.map(each => (
              <option key={each} value={each}>
                {precisionText(each, trans)}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>{trans.__('Device')}</span>
          <select
            aria-label={trans.__('Device for %1', name)}
            value={device}
            disabled={pinned}
            onChange={({ target }) => onChange({ device: target.value })}
          >
            {devices.map(each => (
              <option key={each} value={each}>
                {deviceText(each, catalogue, trans)}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>{trans.__('Context')}</span>
          <input
            type="number"
            aria-label={trans.__('Context for %1, in token ids', name)}
            value={Number.isNaN(context) ? '' : context}
            min={256}
            max={16384}
            disabled={pinned}
            onChange={({ target }) =>
              onChange({ context: target.valueAsNumber })
            }
          />
        </label>
      </details>
    </div>
  );
}

/** Weights that are here whole, and those that are chosen. */
function usable(role: Role, chosen: string, { entries }: ICatalogue): string[] {
  const complete = entries.filter(
    entry => entry.presence === 'complete' && serves(role, entry)
  );
  return [...new Set([...complete.map(({ weights }) => weights), chosen])];
}

function deviceText(
  name: string,
  { machine }: ICatalogue,
  trans: IServices['trans']
): string {
  const title = machine.devices.find(device => device.name === name)?.title;
  return name === 'auto'
    ? trans.__('automatic')
    : title
      ? trans.__('%1 (%2)', name, title)
      : name;
}
