import type { Page } from "playwright-core";

/**
 * What is wrong with how the page lies: it is wider than its window, something lies beyond it that nothing scrolls to or
 * cuts, a text takes more than half of the window's height, or what was said became an element of its own.
 */
export async function layoutFaults(page: Page): Promise<readonly string[]> {
  return await page.evaluate<readonly string[]>(`(() => {
    const told = (fault, element) => fault + ": " + element.localName + "." + element.className + " " + element.textContent.slice(0, 40);
    const isWithin = (element, holds) => {
      for (let box = element.parentElement; box !== null; box = box.parentElement) if (holds(box, getComputedStyle(box))) return true;
      return false;
    };
    const isCut = (element) => isWithin(element, (box, { overflowX }) => overflowX !== "visible");
    const isScrolled = (element) =>
      isWithin(element, (box, { overflowY }) => overflowY !== "visible" && box.clientHeight <= innerHeight / 2);
    const isTall = (element, { height }) => height > innerHeight / 2 && !isScrolled(element) && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
    const faults = [];
    const width = document.documentElement.scrollWidth;
    if (width > innerWidth) faults.push("the page is " + width + " px wide");
    for (const element of document.body.querySelectorAll("*")) {
      const box = element.getBoundingClientRect();
      if (box.width > 0 && (box.right > innerWidth + 1 || box.left < -1) && !isCut(element)) faults.push(told("beyond the window", element));
      if (isTall(element, box)) faults.push(told(Math.round(box.height) + " px high", element));
    }
    const made = "img:not([src^='/web/']), [onerror], [onload], #root script, iframe, [href^='javascript'], [href^='data:text']";
    for (const element of document.body.querySelectorAll(made)) faults.push(told("markup", element));
    return faults;
  })()`);
}
