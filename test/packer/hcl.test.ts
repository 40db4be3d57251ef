/** HCL's expressions, templates and functions. The answers are those that `packer console` (1.16) gave. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evaluate } from '../../src/packer/hcl/evaluate.ts';
import type { Scope } from '../../src/packer/hcl/evaluate.ts';
import { parseExpression, parseHcl } from '../../src/packer/hcl/syntax.ts';
import { PackerError } from '../../src/packer/place.ts';

const VARIABLES = { m: { b: 2, a: 'x' }, l: ['c', 'a', 'b'] };
const scope: Scope = {
  folder: import.meta.dirname,
  env: { HOME: '/home/me' },
  now: new Date('2026-01-02T03:04:05Z'),
  lookUp: (name) => (name === 'var' ? VARIABLES : undefined),
};

const ANSWERS: Record<string, unknown> = {
  '1 + 2 * 3 - 4 / 2': 5,
  '-3 % 2': -1,
  '!true || false && true': false,
  '(1 + 2) * 3': 9,
  '"a" == "a" ? 1 : 2': 1,
  '[for i, x in var.l : "${i}-${x}" if x != "a"]': ['0-c', '2-b'],
  '{for k, v in var.m : upper(k) => v}': {
    B: 2,
    A: 'x',
  },
  '{for x in ["aa","ab","b"] : substr(x,0,1) => x...}': {
    a: ['aa', 'ab'],
    b: ['b'],
  },
  'var.l[*]': ['c', 'a', 'b'],
  '[{a=1},{a=2}][*].a': [1, 2],
  '[{a=1},{a=2}].*.a': [1, 2],
  'var.m["a"]': 'x',
  'var.l.0': 'c',
  '"\\u00e9\\t\\"q\\" $${x} %%{y}"': 'é\t"q" ${x} %{y}',
  'format("%s-%03d-%5.2f-%q-%v-%t-%x", "a", 7, 3.14159, "q", [1,2], true, 255)': 'a-007- 3.14-"q"-[1,2]-true-ff',
  'formatlist("%s!", var.l)': ['c!', 'a!', 'b!'],
  'join(",", var.l, ["z"])': 'c,a,b,z',
  'split(",", "a,b,c")': ['a', 'b', 'c'],
  'replace("hello", "/l+/", "L")': 'hello',
  'replace("a.b.c", ".", "-")': 'a-b-c',
  'regex("([a-z]+)-(\\\\d+)", "ab-12")': ['ab', '12'],
  'regex("[a-z]+", "12ab")': 'ab',
  'regex("(?P<x>[a-z]+)", "12ab")': {
    x: 'ab',
  },
  'regexall("[a-z]", "a1b2")': ['a', 'b'],
  'regex_replace("2026-01-02T03:04:05Z", "[- TZ:]", "")': '20260102030405',
  'trim("??a??", "?")': 'a',
  'trimprefix("abc", "a")': 'bc',
  'trimsuffix("abc", "c")': 'ab',
  'trimspace("  a ")': 'a',
  'title("hello world")': 'Hello World',
  'chomp("a\\n\\n")': 'a',
  'indent(2, "a\\nb")': 'a\n  b',
  'strrev("abc")': 'cba',
  'substr("hello", -3, 2)': 'll',
  'substr("hello", 1, -1)': 'ello',
  'length("héllo")': 5,
  'length(var.m)': 2,
  'keys(var.m)': ['a', 'b'],
  'values({b=2,a=1})': [1, 2],
  'lookup(var.m, "zz", "d")': 'd',
  'merge({a=1},{b=2},{a=3})': {
    a: 3,
    b: 2,
  },
  'concat(["a"],["b"])': ['a', 'b'],
  'distinct(["a","b","a"])': ['a', 'b'],
  'element(var.l, 4)': 'a',
  'index(var.l, "b")': 2,
  'contains(var.l, "a")': true,
  'flatten([["a"],[["b"]],"c"])': ['a', 'b', 'c'],
  'compact(["a","","b"])': ['a', 'b'],
  'coalesce("", "b")': 'b',
  'coalescelist([], ["a"])': ['a'],
  'chunklist(["a","b","c"], 2)': [['a', 'b'], ['c']],
  'range(3)': [0, 1, 2],
  'range(1, 8, 3)': [1, 4, 7],
  'range(5, 1)': [5, 4, 3, 2],
  'reverse(var.l)': ['b', 'a', 'c'],
  'slice(var.l, 1, 3)': ['a', 'b'],
  'sort(var.l)': ['a', 'b', 'c'],
  'setproduct(["a","b"],["1"])': [
    ['a', '1'],
    ['b', '1'],
  ],
  'setunion(["a"],["b","a"])': ['a', 'b'],
  'setintersection(["a","b"],["b"])': ['b'],
  'zipmap(["a","b"],[1,2])': {
    a: 1,
    b: 2,
  },
  'sum([1,2,3])': 6,
  'max(1,5,3)': 5,
  'min(4,2)': 2,
  'ceil(1.2)': 2,
  'floor(-1.2)': -2,
  'abs(-4)': 4,
  'pow(2,10)': 1024,
  'log(8,2)': 3,
  'signum(-3)': -1,
  'parseint("ff",16)': 255,
  'base64encode("hi")': 'aGk=',
  'base64decode("aGk=")': 'hi',
  'jsonencode({b=[1,"2"],a=null})': '{"a":null,"b":[1,"2"]}',
  'jsondecode("{\\"a\\":[1,true]}")': {
    a: [1, true],
  },
  'urlencode("a b&c/d")': 'a+b%26c%2Fd',
  'md5("a")': '0cc175b9c0f1b6a831c399e269772661',
  'sha256("a")': 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb',
  'formatdate("YYYY-MM-DD\'T\'hh:mm:ss EEE MMM AA ZZZ", "2026-01-02T13:04:05Z")': '2026-01-02T13:04:05 Fri Jan PM UTC',
  'timeadd("2026-01-02T03:04:05Z", "1h30m")': '2026-01-02T04:34:05Z',
  'basename("/a/b.txt")': 'b.txt',
  'dirname("/a/b.txt")': '/a',
  'can(var.nope)': false,
  'try(var.m.zz, "fallback")': 'fallback',
  'startswith("abc","a")': true,
  'endswith("abc","c")': true,
  'strcontains("abc","b")': true,
  'alltrue([true,false])': false,
  'anytrue([true,false])': true,
  '1.5e3': 1500,
  '"${1 + 1}"': 2,
  '"${true}"': true,
  '"x%{ if 1 > 2 }a%{ else }b%{ endif }y"': 'xby',
  '{ "a b" = 1, c : 3, (upper("k")) = 2 }': {
    'a b': 1,
    c: 3,
    K: 2,
  },
  'null == null': true,
  '[1, 2, 3][1]': 2,
  '1 >= 1': true,
  '"1" == 1': false,
  'lower(upper("aB"))': 'ab',
  '(var.m.b + 1) * (2 - 5)': -9,
  '-(1 + 2)': -3,
  '!(true && false)': true,
  '{for k, v in var.m : k => v if k == "a"}': {
    a: 'x',
  },
  '"${var.l}" == var.l': true,
  '"a${1}b"': 'a1b',
  'trim("  x ", " ")': 'x',
  'var.m.b == 2 && var.l[0] == "c"': true,
  '-var.m.b + 1': -1,
  '!(var.m.a == "y")': true,
  'length(var.l) > 2 ? var.l[1] : "none"': 'a',
  'var.m.b + var.m.b * 2': 6,
};

const MOTD = `<<-E
    one
      two \${var.m.a}
    %{ for x in var.l ~}
    - \${x}
    %{ endfor ~}
    end %{ if true }yes%{ else }no%{ endif }
  E`;

const valueOf = async (text: string): Promise<unknown> => evaluate(await parseExpression(text, 'test'), scope);

describe('an expression of HCL', () => {
  for (const [text, answer] of Object.entries(ANSWERS)) {
    it(`is as Packer has it: ${text}`, async () => assert.deepEqual(await valueOf(text), answer));
  }

  it('may be a heredoc, which loses its indentation where Packer takes it away', async () => {
    assert.equal(await valueOf(MOTD), 'one\n  two x\n    - c\n    - a\n    - b\n    end yes\n');
    assert.equal(await valueOf('<<E\n  a $${b} %%{c} \\n\n ${upper("q")}\nE'), '  a ${b} %{c} \\n\n Q\n');
    assert.equal(await valueOf('<<-E\n    ${var.m.a} first\n      second\n  E'), 'x first\n  second\n');
  });

  it('that has no value says why, with its place', async () => {
    const told = async (text: string): Promise<string> => {
      try {
        const { attributes } = await parseHcl(`\n\nx = ${text}`, 'a.pkr.hcl');
        for (const { expression } of attributes) evaluate(expression, scope);
      } catch (error) {
        if (error instanceof PackerError) return error.message;
      }
      return assert.fail(`${text} has a value`);
    };
    assert.equal(await told('var.nope'), 'a.pkr.hcl:3: there is no nope here');
    assert.equal(await told('nope'), 'a.pkr.hcl:3: there is no nope');
    assert.equal(await told('[\n  1,\n  upper([])\n]'), 'a.pkr.hcl:5: upper: expected a text');
    assert.match(await told('vault("a", "b")'), /vault asks a server/);
    assert.match(await told('nope()'), /the function nope is not known/);
    assert.match(await told('"a" + 1'), /expected a number/);
    assert.match(await told('{ a = '), /a\.pkr\.hcl:\d+: /);
  });
});
