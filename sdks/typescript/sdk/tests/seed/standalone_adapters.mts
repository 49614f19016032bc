import './states.mjs';

import { Redex, TasksAdapter } from '@net-mesh/sdk';

const redex = new Redex({ persistentDir: '/var/lib/net/redex' });
const tasks = await TasksAdapter.open(redex, 0xABCDEF01, { persistent: true });

export { redex, tasks };
