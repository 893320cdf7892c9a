import { render } from 'preact';
import { App } from './app.tsx';
import './style.css';

render(<App />, document.getElementById('app') as HTMLElement);
if ('serviceWorker' in navigator && import.meta.env.PROD) {
  // So that the page works without a network; failing that (a private window, no HTTPS) it works with one.
  navigator.serviceWorker.register(new URL('sw.js', document.baseURI)).catch(() => {});
}
