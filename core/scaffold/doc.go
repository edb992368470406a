// Package scaffold writes the folder of a new plugin: source, test, experiment,
// README and a release workflow, which build and run as they are.
//
// The main path: [New] takes a [Request], lays the language's templates over
// those of every language (templates.go) and writes the files (write.go). What
// to type next is the first console block of the README that was written.
// source.go finds the Assay that a plugin is to be built against.
//
// A new language is a folder in templates and a line in [languages]. In the
// folder, all is for every plugin of the language, metal for those with a kernel
// in Metal, and plain for those without; a language without metal has plain
// plugins only. Templates are those of text/template with {% and %} as
// delimiters, because braces stand in workflows and brackets in Metal. A file
// NAME.tmpl becomes NAME, executable if it begins with #!; WORD in its path becomes
// the plugin's name with underscores.
package scaffold
