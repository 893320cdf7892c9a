import { render } from 'preact';
import { App } from './app.tsx';
import './style.css';

const place = document.getElementById('app') as HTMLElement;
place.replaceChildren(); // what it said while it was starting
render(<App />, place);
if ('serviceWorker' in navigator && import.meta.env.PROD) {
  // So that the page works without a network; failing that (a private window, no HTTPS) it works with one.
  navigator.serviceWorker.register(new URL('sw.js', document.baseURI)).catch(() => {});
}
