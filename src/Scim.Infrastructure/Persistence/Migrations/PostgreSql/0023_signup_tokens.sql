-- A sign-up's token is made when its message is sent, anew at each attempt.
grant update (token_hash) on signups to scim_control;
