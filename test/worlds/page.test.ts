/**
 * What a person sees: Bookinfo's page in a real browser, through real Envoys. With UPDATE_PICTURES=1 it renews the
 * picture in the README.
 */
import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Browser, chromium } from "playwright-core";
import { eventuallyOnly } from "../support/bookinfo.ts";
import { openWorld } from "../support/open-world.ts";
import { ROOT } from "../support/world.ts";

const CHROMIUM = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

describe("a person opens the product page", { timeout: 180_000 }, () => {
  const world = openWorld();
  let browser: Browser;
  let url = "";

  before(async () => {
    await world.start("demo");
    url = await world.bookinfo();
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
    });
  });
  after(async () => {
    await browser?.close();
    await world.end();
  });

  test("signs in as jason and sees black stars, which nobody else sees", async () => {
    await world.kubectl("apply", "-f", "samples/bookinfo/networking/destination-rule-all.yaml");
    await world.kubectl("apply", "-f", "samples/bookinfo/networking/virtual-service-reviews-test-v2.yaml");
    await eventuallyOnly(url, ["v1"]);
    const page = await browser.newPage({ viewport: { width: 1200, height: 860 } });
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("requestfailed", (request) => problems.push(request.url()));

    await page.goto(`${url}/productpage`);
    assert.equal(await page.title(), "Simple Bookstore App");
    assert.equal(await page.locator(".glyphicon-star").count(), 0);

    await page.getByText("Sign in").first().click();
    await page.locator("input[name=username]").fill("jason");
    await page.locator("input[name=username]").press("Enter");
    await page.waitForURL(`${url}/productpage`);
    assert.match((await page.textContent("body")) ?? "", /jason/);
    assert.ok((await page.locator(".glyphicon-star").count()) > 0);

    const folder = process.env.UPDATE_PICTURES ? join(ROOT, "docs/images") : tmpdir();
    mkdirSync(folder, { recursive: true });
    const picture = join(folder, "productpage.png");
    await page.screenshot({ path: picture });
    assert.ok(statSync(picture).size > 10_000);
    assert.deepEqual(problems, []);
  });
});
