function love.conf(t)
  t.identity = "litellm-ship"
  t.modules.window, t.modules.graphics = false, false
end
