import { Redex, type RedexFileConfig } from '@net-mesh/sdk';

const openFile = Redex.prototype.openFile;

/** Files of the snippets live in the folder of the test. */
Redex.prototype.openFile = (name: string, config?: RedexFileConfig | null) =>
  openFile.call(new Redex({ persistentDir: process.env['NET_TEST_FOLDER'] }), name, config);
