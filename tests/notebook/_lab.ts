/** JupyterLab and a browser, both headless, on a folder of their own. */

import { join } from "node:path";
import {
  type Browser,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";
import { installKernel } from "../../lib/cli/kernel.ts";
import { findPython } from "./_python.ts";

/** JupyterLab with one page open. */
export interface Lab extends AsyncDisposable {
  /** The page. */
  readonly page: Page;
  /** Opens a notebook of these cells and waits for its kernel. */
  open(name: string, cells: readonly string[]): Promise<void>;
  /** Runs the next cell. */
  runCell(): Promise<void>;
  /** The outputs of a cell. */
  outputs(cell: number): Locator;
  /** Presses the Stop button. */
  stop(): Promise<void>;
  /** Waits until the kernel is idle. */
  idle(timeoutMs?: number): Promise<void>;
}

/** Where a browser is, or undefined: MOEBIUS_CHROMIUM, or one on the PATH. */
export async function findChromium(): Promise<string | undefined> {
  const given = Deno.env.get("MOEBIUS_CHROMIUM");
  if (given !== undefined) return given;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    const { success, stdout } = await new Deno.Command("which", {
      args: [name],
      stderr: "null",
    }).output();
    if (success) return new TextDecoder().decode(stdout).trim();
  }
  return undefined;
}

/** Starts JupyterLab in `dir`, whose notebooks can import the project, and a browser. */
export async function openLab(dir: string, chromiumPath: string): Promise<Lab> {
  const data = join(dir, ".jupyter");
  await installKernel(join(data, "kernels"));
  const config = join(data, "config");
  await Deno.mkdir(join(config, "labconfig"), { recursive: true });
  await Deno.writeTextFile(
    join(config, "labconfig", "page_config.json"),
    JSON.stringify({
      disabledExtensions: {
        "@jupyterlab/apputils-extension:announcements": true,
      },
    }),
  );
  const token = crypto.randomUUID();
  const server = new Deno.Command(await findPython(), {
    args: [
      ...["-m", "jupyterlab", "--no-browser", "--allow-root"],
      "--ServerApp.port=0",
      "--ServerApp.ip=127.0.0.1",
      `--IdentityProvider.token=${token}`,
      `--ServerApp.root_dir=${dir}`,
    ],
    env: { JUPYTER_DATA_DIR: data, JUPYTER_CONFIG_DIR: config },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const base = await addressOf(server.stderr);
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ["--no-sandbox"],
  });
  const page = await browser.newPage({
    viewport: { width: 1280, height: 900 },
  });
  return new LabPage({ dir, base, token, server, browser, page });
}

/** The address in the server's log; the rest of the log is read and dropped. */
async function addressOf(log: ReadableStream<Uint8Array>): Promise<string> {
  const found = Promise.withResolvers<string>();
  let text = "";
  log.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({
      write(chunk) {
        text += chunk;
        const address = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0];
        if (address !== undefined) found.resolve(address);
      },
      close() {
        found.reject(new Error(`JupyterLab ended: ${text}`));
      },
    }),
  ).catch(() => {});
  return await found.promise;
}

class LabPage implements Lab {
  readonly page: Page;
  readonly #dir: string;
  readonly #base: string;
  readonly #token: string;
  readonly #server: Deno.ChildProcess;
  readonly #browser: Browser;
  #next = 0;

  constructor(parts: {
    dir: string;
    base: string;
    token: string;
    server: Deno.ChildProcess;
    browser: Browser;
    page: Page;
  }) {
    this.page = parts.page;
    this.#dir = parts.dir;
    this.#base = parts.base;
    this.#token = parts.token;
    this.#server = parts.server;
    this.#browser = parts.browser;
  }

  async open(name: string, cells: readonly string[]): Promise<void> {
    await Deno.writeTextFile(
      join(this.#dir, name),
      JSON.stringify(notebookOf(cells)),
    );
    await this.page.goto(
      `${this.#base}/lab/workspaces/test-${Date.now()}/tree/${name}?token=${this.#token}`,
    );
    await this.page.locator(".jp-Notebook .jp-Cell").first().waitFor({
      timeout: 60_000,
    });
    await this.idle(60_000);
    // The left sidebar takes the room of the notebook.
    await this.page.keyboard.press("Control+b");
    this.#next = 0;
  }

  async runCell(): Promise<void> {
    const cell = this.page.locator(".jp-Notebook .jp-CodeCell").nth(
      this.#next++,
    );
    const prompt = cell.locator(".jp-InputPrompt").first();
    // A page shows a kernel as idle shortly before it can be sent a cell, and then drops it.
    for (let attempt = 0; attempt < 20; attempt++) {
      await cell.locator(".cm-content").first().click();
      await this.page.keyboard.press("Shift+Enter");
      for (let look = 0; look < 20; look++) {
        if (/[*\d]/.test(await prompt.innerText())) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error(`Cell ${this.#next - 1} does not run`);
  }

  outputs(cell: number): Locator {
    return this.page.locator(".jp-Notebook .jp-CodeCell").nth(cell)
      .locator(".jp-OutputArea").first();
  }

  async stop(): Promise<void> {
    await this.page.locator('[data-command="notebook:interrupt-kernel"]')
      .or(this.page.getByTitle(/Interrupt the kernel/)).first().click();
  }

  async idle(timeoutMs = 60_000): Promise<void> {
    await this.page.locator(
      '.jp-Notebook-ExecutionIndicator[data-status="idle"]',
    ).first().waitFor({ timeout: timeoutMs });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    this.#server.kill("SIGTERM");
    await this.#server.status;
  }
}

/** A notebook for this project's kernel. */
export function notebookOf(cells: readonly string[]): object {
  return {
    cells: cells.map((source, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      metadata: {},
      execution_count: null,
      outputs: [],
      source,
    })),
    metadata: {
      kernelspec: {
        display_name: "Deno (moebius)",
        language: "typescript",
        name: "moebius",
      },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}
