function love.conf(t)
  t.identity = "litellm-painter"
  t.window.title = "The painter"
  t.window.width, t.window.height = 960, 540
  -- SDL's dummy driver has no OpenGL; without a window only the logic runs.
  local window = os.getenv("SDL_VIDEODRIVER") ~= "dummy"
  t.modules.window, t.modules.graphics = window, window
end
