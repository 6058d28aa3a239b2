/** The changes of a source file of which each should make a test fail. */
import ts from "typescript";

const { SyntaxKind } = ts;

const otherOperators = new Map([
  ["<", "<="],
  ["<=", "<"],
  [">", ">="],
  [">=", ">"],
  ["===", "!=="],
  ["!==", "==="],
  ["+", "-"],
  ["-", "+"],
  ["*", "/"],
  ["/", "*"],
  ["%", "*"],
  ["&&", "||"],
  ["||", "&&"],
  ["+=", "-="],
  ["-=", "+="],
]);
const otherNames = new Map([
  ["min", "max"],
  ["max", "min"],
  ["some", "every"],
  ["every", "some"],
  ["floor", "ceil"],
  ["ceil", "floor"],
]);
/** Calls whose receiver can take their place. */
const leftOut = new Set(["filter", "slice", "subarray", "toSorted", "toReversed", "trim"]);

/** Every change of a file that is tried: the place, its length and what stands there instead. */
export function mutantsOf(file, source) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const mutants = [];
  const change = (node, by) => {
    const start = node.getStart(tree);
    const { line } = tree.getLineAndCharacterOfPosition(start);
    mutants.push({ file, line: line + 1, start, was: source.slice(start, node.end), by });
  };
  const visit = (node) => {
    // Types have no effect, and messages of errors have tests of their own.
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isThrowStatement(node)) return;
    if (ts.isBinaryExpression(node)) {
      const by = otherOperators.get(node.operatorToken.getText(tree));
      if (by !== undefined && !/["`]/.test(node.getText(tree))) change(node.operatorToken, by);
      if (node.operatorToken.kind === SyntaxKind.QuestionQuestionToken)
        change(node, node.left.getText(tree));
    }
    if (ts.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken) {
      change(node, node.operand.getText(tree));
    }
    if (ts.isNumericLiteral(node)) change(node, `(${node.text} + 1)`);
    if (node.kind === SyntaxKind.TrueKeyword) change(node, "false");
    if (node.kind === SyntaxKind.FalseKeyword) change(node, "true");
    if (ts.isIfStatement(node)) {
      change(node.expression, "true");
      change(node.expression, "false");
    }
    if (ts.isConditionalExpression(node))
      change(node.condition, `!(${node.condition.getText(tree)})`);
    if (ts.isExpressionStatement(node)) change(node, ";");
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { name, expression } = node.expression;
      if (otherNames.has(name.text)) change(name, otherNames.get(name.text));
      if (leftOut.has(name.text)) change(node, expression.getText(tree));
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return mutants;
}
