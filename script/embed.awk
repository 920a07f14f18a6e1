# awk -f script/embed.awk FILE...: the Lua files as C strings, one table entry a
# module: lua/litellm/stream.lua is "litellm.stream", and a traceback shows
# "litellm/stream.lua". `?` is escaped because of trigraphs.

BEGIN {
  count = 0
  print "#include \"embedded.h\"\n"
}

FNR == 1 {
  if (count) print "  ;\n"
  name = FILENAME
  sub(/^lua\//, "", name)
  path[count] = name
  sub(/\.lua$/, "", name)
  sub(/\/init$/, "", name)
  gsub(/\//, ".", name)
  module[count] = name
  printf "static const char text%d[] =\n", count++
}

{
  gsub(/\\/, "&&")
  gsub(/["?]/, "\\\\&")
  gsub(/\t/, "\\t")
  gsub(/\r/, "\\r")
  printf "  \"%s\\n\"\n", $0
}

END {
  if (count) print "  ;\n"
  print "const embedded_module embedded_modules[] = {"
  for (i = 0; i < count; i++)
    printf "  {\"%s\", \"@%s\", text%d, sizeof(text%d) - 1},\n", module[i], path[i], i, i
  print "  {0, 0, 0, 0},\n};"
}
