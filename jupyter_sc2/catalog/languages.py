"""Which programming languages StarCoder2 saw.

The 3B and 7B were trained on 17 languages, the 15B on all 619 of The Stack v2 (https://arxiv.org/abs/2402.19173,
section 4). Those that BigCode's own scripts keep are named here, without formats of data and documents
(https://github.com/bigcode-project/the-stack-v2, `pull_requests_and_issues/language_labels.csv`).
"""

from __future__ import annotations

SEVENTEEN = (
    "C", "C#", "C++", "Go", "Java", "JavaScript", "Kotlin", "Lua", "PHP", "Python", "R", "Ruby", "Rust", "SQL", "Shell",
    "Swift", "TypeScript",
)  # fmt: skip

FURTHER = (
    "ABAP", "ActionScript", "Ada", "Agda", "AL", "AMPL", "AngelScript", "ANTLR", "Apex", "AppleScript", "Arc",
    "Assembly", "AutoHotkey", "AutoIt", "Awk", "Ballerina", "BASIC", "Batchfile", "Brainfuck", "Ceylon", "Clarion",
    "Clean", "CLIPS", "Clojure", "CMake", "COBOL", "CodeQL", "CoffeeScript", "ColdFusion", "Common Lisp", "Cool", "Coq",
    "Crystal", "Cuda", "Cython", "D", "Dart", "Dhall", "DM", "Eiffel", "Elixir", "Elm", "Emacs Lisp", "Erlang",
    "Euphoria", "F#", "F*", "Fantom", "fish", "Forth", "Fortran", "FreeBasic", "Futhark", "GAP", "GDScript", "GLSL",
    "Gosu", "GraphQL", "Groovy", "Hack", "Haskell", "Haxe", "HiveQL", "HLSL", "IDL", "Idris", "Io", "Isabelle",
    "Jasmin", "Julia", "LabVIEW", "Lasso", "Lean", "Lex", "LilyPond", "Limbo", "LiveScript", "LLVM", "Logos", "M", "M4",
    "Makefile", "Mathematica", "MATLAB", "Max", "Mercury", "Meson", "MLIR", "Modelica", "Modula-2", "Modula-3",
    "Monkey C", "MoonScript", "MQL4", "MQL5", "NCL", "NewLisp", "Nextflow", "Nim", "Nix", "NSIS", "NWScript",
    "Objective-C", "Objective-C++", "Objective-J", "ObjectScript", "OCaml", "OpenCL", "OpenEdge ABL", "OpenQASM",
    "OpenSCAD", "Papyrus", "Pascal", "Pawn", "Perl", "PigLatin", "PLpgSQL", "PLSQL", "Portugol", "PowerBuilder",
    "PowerShell", "Processing", "Prolog", "Promela", "Puppet", "Pure Data", "PureBasic", "PureScript", "q", "QML",
    "Racket", "Raku", "Rascal", "Reason", "Rebol", "Red", "RPGLE", "Sage", "SAS", "Scala", "Scheme", "Scilab", "sed",
    "ShaderLab", "Smali", "Smalltalk", "Solidity", "SourcePawn", "SPARQL", "SQF", "Squirrel", "Stan", "Standard ML",
    "Starlark", "Stata", "SuperCollider", "Svelte", "SystemVerilog", "Tcl", "Tcsh", "TeX", "Thrift", "TSQL", "Turing",
    "UnrealScript", "V", "Vala", "VBA", "VBScript", "Verilog", "VHDL", "Vim Script", "Visual Basic .NET", "Vue", "wdl",
    "WebAssembly", "Wollok", "xBase", "XQuery", "XSLT", "Xtend", "Yacc", "Zig",
)  # fmt: skip

ALL_COUNT = 619
