function love.conf(t)
  t.identity = "litellm-spec"
  t.window.title = "litellm"
  t.window.width, t.window.height, t.window.vsync = 960, 540, 0
  local window = os.getenv("SDL_VIDEODRIVER") ~= "dummy"
  t.modules.window, t.modules.graphics = window, window
end
