import { Clipboard } from '@jupyterlab/apputils';
import {
  addAboveIcon,
  addBelowIcon,
  copyIcon,
  editIcon
} from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useRef, useState } from 'react';
import type { IReplyServices } from './services';

/** Longer code is shown without colours. */
const MAX_HIGHLIGHTED = 20000;

/** Code of a reply, coloured as in a cell, and what can be done with it. */
export function CodeBlock({
  code,
  language,
  services,
  growing
}: {
  code: string;
  language: string;
  services: IReplyServices;
  growing: boolean;
}): React.ReactElement {
  return (
    <div className="jp-sc2-chat-code">
      <pre tabIndex={0}>
        <HighlightedCode
          code={code}
          language={language}
          languages={growing ? null : services.languages}
        />
      </pre>
      {!growing && <CodeToolbar code={code} services={services} />}
    </div>
  );
}

function HighlightedCode({
  code,
  language,
  languages
}: {
  code: string;
  language: string;
  languages: IReplyServices['languages'];
}): React.ReactElement {
  const ref = useRef<HTMLElement>(null);
  const spec = languages?.findByName(language) ?? null;
  const coloured = !!spec && code.length <= MAX_HIGHLIGHTED;
  useEffect(() => {
    const holder = document.createElement('span');
    let current = true;
    if (coloured) {
      void languages?.highlight(code, spec, holder).then(() => {
        // The registry makes text nodes and classed spans, nothing else.
        if (current && holder.textContent === code) {
          ref.current?.replaceChildren(holder);
        }
      });
    }
    return () => {
      current = false;
    };
  }, [code, coloured]);
  // A new key, as React does not know what the effect has put there.
  return (
    <code key={`${coloured}:${code}`} ref={ref}>
      {code}
    </code>
  );
}

function CodeToolbar({
  code,
  services
}: {
  code: string;
  services: IReplyServices;
}): React.ReactElement {
  const { inserter, provenance, trans } = services;
  const [told, setTold] = useState('');
  const actions: [LabIcon, string, () => string][] = [
    [
      addAboveIcon,
      trans.__('Insert above the active cell'),
      () => inserter.insert(code, 'above', provenance)
    ],
    [
      addBelowIcon,
      trans.__('Insert below the active cell'),
      () => inserter.insert(code, 'below', provenance)
    ],
    [
      editIcon,
      trans.__('Replace the selection or the active cell'),
      () => inserter.replace(code, provenance)
    ],
    [
      copyIcon,
      trans.__('Copy'),
      () => {
        Clipboard.copyToSystem(code);
        return trans.__('Copied.');
      }
    ]
  ];
  return (
    <div
      className="jp-sc2-chat-code-toolbar"
      role="toolbar"
      aria-label={trans.__('Use this code')}
    >
      <span role="status" className="jp-sc2-chat-told">
        {told}
      </span>
      {actions.map(([icon, label, act]) => (
        <button
          key={label}
          type="button"
          className="jp-sc2-chat-icon-button"
          title={label}
          aria-label={label}
          onClick={() => setTold(act())}
        >
          <icon.react tag="span" height="16px" width="16px" />
        </button>
      ))}
    </div>
  );
}
