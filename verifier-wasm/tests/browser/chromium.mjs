// Headless Chromium, spoken to over its pipe (Chrome DevTools Protocol): no further package needed.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--remote-debugging-pipe",
];

/** One browser with one page. */
export class Chromium {
  #process;
  #profile;
  #session;
  /** Who waits, by the number of a call or the name of an event. */
  #waiting = new Map();
  #calls = 0;

  /** Starts the browser that GUICHET_CHROMIUM names, and opens `address`. */
  static async open(address) {
    const browser = new Chromium();
    browser.#start(process.env.GUICHET_CHROMIUM ?? "chromium");
    const { targetId } = await browser.#call("Target.createTarget", { url: "about:blank" });
    const attached = await browser.#call("Target.attachToTarget", { targetId, flatten: true });
    browser.#session = attached.sessionId;
    await browser.#call("Runtime.enable");
    await browser.#call("Runtime.addBinding", { name: "reportLoaded" });
    const loaded = browser.#next("Runtime.bindingCalled");
    await browser.#call("Page.navigate", { url: address });
    await loaded;
    return browser;
  }

  /** Evaluates an expression in the page and answers its value, awaited. */
  async run(expression) {
    const { result, exceptionDetails } = await this.#call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  }

  /** Calls a function of the page. */
  call(name, ...values) {
    return this.run(`${name}(${values.map((value) => JSON.stringify(value)).join(", ")})`);
  }

  async close() {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#call("Browser.close").catch(() => {});
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #start(program) {
    this.#profile = mkdtempSync(join(tmpdir(), "guichet-chromium-"));
    this.#process = spawn(program, [...FLAGS, `--user-data-dir=${this.#profile}`], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    const fail = (error) => this.#waiting.forEach(({ reject }) => reject(error));
    this.#process.once("error", fail);
    this.#process.once("exit", () => fail(new Error("the browser has ended")));
    let rest = Buffer.alloc(0);
    this.#process.stdio[4].on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
        this.#receive(JSON.parse(rest.subarray(0, end).toString()));
        rest = rest.subarray(end + 1);
      }
    });
  }

  /** The next event of a kind. */
  #next(method) {
    return new Promise((resolve, reject) => this.#waiting.set(method, { resolve, reject }));
  }

  #receive({ id, method, params, result = params, error }) {
    const key = id ?? method;
    const call = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (error) {
      call?.reject(new Error(error.message));
    } else {
      call?.resolve(result);
    }
  }

  #call(method, params = {}) {
    const id = ++this.#calls;
    const message = { id, method, params, sessionId: this.#session };
    this.#process.stdio[3].write(`${JSON.stringify(message)}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }
}
