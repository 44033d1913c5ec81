import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

/** The address of a web page, or null for anything else (`javascript:` ...). */
export function webAddress(href: string): URL | null {
  try {
    const url = new URL(href); // no base: a relative address is none
    return /^https?:$/.test(url.protocol) && !url.username && !url.password
      ? url
      : null;
  } catch {
    return null;
  }
}

/**
 * A link in a reply. It is no `<a>`, which the browser could follow or preload
 * by itself: a click first shows where it leads. What is no web page is text.
 */
export function Link({
  href,
  source,
  trans,
  children
}: {
  href: string;
  source: string;
  trans: TranslationBundle;
  children: React.ReactNode;
}): React.ReactElement {
  const url = webAddress(href);
  if (!url) {
    return <>{source}</>;
  }
  const open = async () => {
    const { button } = await showDialog({
      title: trans.__('Leave JupyterLab for %1?', url.host),
      body: url.href,
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.okButton({ label: trans.__('Open') })
      ]
    });
    if (button.accept) {
      window.open(url.href, '_blank', 'noopener,noreferrer');
    }
  };
  return (
    <span
      role="link"
      tabIndex={0}
      title={url.host}
      className="jp-sc2-chat-link"
      onClick={() => void open()}
      onKeyDown={event => {
        if (event.key === 'Enter') {
          // Else the same key would press the dialog's own button.
          event.preventDefault();
          void open();
        }
      }}
    >
      {children}
    </span>
  );
}
