// Package schema turns the configuration schema that a plugin serves into
// everything the host does with it.
//
// [Compile] checks a protocol Block and fails, blaming the plugin, when it is
// not a schema. The compiled [Block] decodes HCL bodies into one value
// ([Block.Decode]), which remembers where each part was written so that a
// plugin's diagnostics find their way back ([Decoded.Diagnostics]); and it
// writes itself as JSON Schema ([Block.JSONSchema]) and as markdown
// ([Block.Markdown]).
package schema
