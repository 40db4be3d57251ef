import { launch } from '../launch.js';

await launch('./azure-pipelines/main.ts');
