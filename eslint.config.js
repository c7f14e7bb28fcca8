import js from "@eslint/js";
import globals from "globals";

/** Every field of a class is declared in its body or set in its constructor. */
const declaredFields = {
  create(context) {
    const isField = (node) => node.type === "MemberExpression" && node.object.type === "ThisExpression";
    const owner = (node) => context.sourceCode.getAncestors(node).findLast(({ type }) => type === "ClassBody");
    const isInConstructor = (node) => context.sourceCode.getAncestors(node).some(({ kind }) => kind === "constructor");
    const declared = new Map(); // class body -> names
    const assigned = [];
    return {
      ClassBody(body) {
        const names = body.body.filter(({ type, kind }) => type === "PropertyDefinition" || kind === "set");
        declared.set(body, new Set(names.map(({ key }) => key.name)));
      },
      AssignmentExpression({ left }) {
        if (!isField(left) || !owner(left)) return;
        if (isInConstructor(left)) declared.get(owner(left)).add(left.property.name);
        else assigned.push(left);
      },
      "Program:exit"() {
        for (const node of assigned) {
          if (declared.get(owner(node)).has(node.property.name)) continue;
          context.report({ node, message: `Declare the field ${node.property.name} in the class.` });
        }
      },
    };
  },
};

export default [
  { ignores: ["**/highlight/", "**/uplot/", "bench/peers/", "var/", "static-root/", ".venv/"] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { local: { rules: { "declared-fields": declaredFields } } },
    rules: {
      "local/declared-fields": "error",
      "no-restricted-globals": ["error", { name: "customElements", message: "Parts of a page are plain classes." }],
      "max-len": ["error", { code: 120 }],
      "no-restricted-syntax": ["error", {
        selector: "CallExpression[callee.object.name='Object'][callee.property.name='assign'] > ThisExpression",
        message: "Assign each field by its name.",
      }],
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-unused-vars": ["error", { args: "after-used", caughtErrors: "all" }],
    },
  },
  { files: ["tests/scripts/**", "eslint.config.js"], languageOptions: { globals: globals.node } },
  {
    files: ["**/*_worker.js"],
    languageOptions: { globals: { ...globals.worker, RELEASE: "readonly", STATIC: "readonly" } },
  },
  { files: ["**/start.js"], languageOptions: { sourceType: "script" } },
];
