import './outpost/without-eval.ts';
import { createRoot } from 'react-dom/client';
import { App } from './frame/app.tsx';
import './ui/tokens.css';
import './ui/base.css';
import './ui/controls.css';
import './ui/surfaces.css';
import './ui/credentials.css';
import './ui/gate.css';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(<App />);
