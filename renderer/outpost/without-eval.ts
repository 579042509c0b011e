import { config } from 'zod';

// Zod tries whether it may compile code from text, and the content policy reports every such try as a violation.
config({ jitless: true });
