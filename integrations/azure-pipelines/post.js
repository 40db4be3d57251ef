import { launch } from '../launch.js';

await launch('./azure-pipelines/post.ts');
