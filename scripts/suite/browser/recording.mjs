// Records what several devices show after each step of a test: pictures of them all in light and in dark
// colours, and a page that shows these in their order, in build/screens.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {{ name: string, page: import("playwright-core").Page }} Screen */

/**
 * @param {string} name of the folder
 * @param {Screen[]} screens
 */
export async function startRecording(name, screens) {
  const folder = fileURLToPath(new URL(`../../../build/screens/${name}`, import.meta.url));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  /** @type {{ title: string, files: string[] }[]} */
  const steps = [];

  /** @param {string} title */
  async function take(title) {
    const prefix = `${String(steps.length + 1).padStart(2, "0")}-${title.replaceAll(/\W+/g, "-")}`;
    /** @type {string[]} */
    const files = [];
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      const taken = screens.map(async ({ name, page }) => {
        const file = `${prefix}-${name}-${colorScheme}.png`;
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(folder, file), animations: "disabled" });
        return file;
      });
      files.push(...(await Promise.all(taken)));
    }
    steps.push({ title, files });
  }

  return {
    folder,
    /**
     * Does something, and takes pictures of what it led to, also if it fails.
     *
     * @param {string} title
     * @param {() => Promise<unknown>} act
     */
    async step(title, act) {
      try {
        await act();
      } catch (error) {
        await take(`${title}, failed`);
        throw new Error(`${title}: ${/** @type {Error} */ (error).message}`, { cause: error });
      }
      await take(title);
    },
    async finish() {
      const picture = (/** @type {string} */ file) => `<img src="${encodeURIComponent(file)}" alt="" height="420">`;
      const sections = steps.map(({ title, files }) => `<h2>${title}</h2>\n<p>${files.map(picture).join("\n")}</p>`);
      const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${name}</title>\n${sections.join("\n")}\n</html>\n`;
      await writeFile(join(folder, "index.html"), page);
    },
  };
}
