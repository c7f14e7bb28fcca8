// Checks the types of all scripts of the pages, as tsconfig.json says, except libraries as they were published.
import process from "node:process";
import ts from "typescript";

const LIBRARIES = /\/(highlight|uplot)\//;
const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (problem) => { throw new Error(problem.messageText); } };
const { fileNames, options } = ts.getParsedCommandLineOfConfigFile("tsconfig.json", {}, host);
const problems = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options))
  .filter(({ file }) => !LIBRARIES.test(file?.fileName ?? ""));
process.stdout.write(ts.formatDiagnostics(problems, {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: ts.sys.getCurrentDirectory,
  getNewLine: () => "\n",
}));
process.exitCode = problems.length ? 1 : 0;
