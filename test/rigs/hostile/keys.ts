/** What a stranger may have named a source: each is a key that the engine takes. */
export const hostileKeys = Object.freeze({
  image: "<img src=x onerror=alert(1)>",
  script: `"'></title></textarea></script><script>alert(1)</script>`,
  address: "javascript:alert(1)//http://a.example/",
  template: '{{constructor.constructor("alert(1)")()}}${alert(1)}',
  prototype: "__proto__",
  path: "../../..%2f%2e%2e/api/runs?x=1#y",
  product: "a|b\\c\\|d",
  rightToLeft: "\u202Egnp.exe \u05D0\u05D1\u05D2 \u0627\u0644\u0639\u0631\u0628\u064A\u0629 (1)",
  invisible: "zero\u200Bwidth\u200D\u2060\uFEFF and\u00AD soft",
  blank: " \u3000 ",
  lines: "two\nlines\tand\u0000a\u0007bell\u001B[31m",
  marks: `Z${"\u0301\u0489".repeat(60)}`,
  long: `long-${"k".repeat(4995)}`,
  wide: "\u{1F468}\u200D\u{1F469}\u200D\u{1F467} \uFDFD\u{12031}",
});

/** Text that runs where it is taken for HTML. */
export const markup = `<img src=x onerror=alert(2)><svg onload=alert(3)><a href="javascript:alert(4)">x</a><script>alert(5)</script>`;
/** Text that does something where a terminal shows it. */
export const controls =
  "\u001B]0;title\u0007\u001B[2J\u001B[31;1mred\u001B[0m\u0007\b\b\r\u0000\u009B31m\u001B]8;;javascript:alert(6)\u0007link\u001B]8;;\u0007";
