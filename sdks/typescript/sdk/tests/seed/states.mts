import { TasksAdapter, Redex } from '@net-mesh/sdk';

const open = TasksAdapter.open;

/** Logs of the snippets live in the folder of the test. */
TasksAdapter.open = ((_: Redex, ...rest: never[]) =>
  (open as (...args: unknown[]) => Promise<TasksAdapter>).call(
    TasksAdapter,
    new Redex({ persistentDir: process.env['NET_TEST_FOLDER'] }),
    ...rest,
  )) as typeof open;
