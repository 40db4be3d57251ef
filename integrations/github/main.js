import { launch } from '../launch.js';

await launch('./github/main.ts');
