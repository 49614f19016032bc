import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A server of its own for a test: on a free port of this machine, with its files in a folder that goes with it. */
export class Server {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'net-server-'));
  private process?: ChildProcess;

  private constructor(
    private readonly program: string,
    readonly port: number,
    private readonly args: string[],
  ) {}

  /** Starts a Redis server that keeps nothing on disk. */
  static async redis(...more: string[]): Promise<Server> {
    const port = await freePort();
    const args = ['--bind', '127.0.0.1', '--port', `${port}`, '--save', '', '--appendonly', 'no'];
    const server = new Server('redis-server', port, [...args, ...more]);
    await server.start();
    return server;
  }

  /** Starts a NATS server that keeps its streams in its folder. */
  static async nats(): Promise<Server> {
    const port = await freePort();
    const args = ['-a', '127.0.0.1', '-p', `${port}`, '-js', '-sd', '.'];
    const server = new Server('nats-server', port, args);
    await server.start();
    return server;
  }

  /** Starts the process, and waits until it listens. */
  async start(): Promise<void> {
    const child = spawn(this.program, this.args, { cwd: this.folder, stdio: 'ignore' });
    this.process = child;
    const failed = Promise.race([once(child, 'error'), once(child, 'exit')]).then(([reason]) => {
      throw new Error(
        `${this.program} does not work here (${reason}); install it: apt-get install ${this.program}`,
      );
    });
    failed.catch(() => undefined);
    while (!(await Promise.race([listens(this.port), failed])));
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    const child = this.process;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Ends the process and removes its folder. */
  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, '127.0.0.1');
    const tell = (answered: boolean) => {
      socket.destroy();
      setTimeout(answer, answered ? 0 : 10, answered);
    };
    socket.once('connect', () => tell(true)).once('error', () => tell(false));
  });
}
