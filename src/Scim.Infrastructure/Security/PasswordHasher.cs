using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Scim.Application.Users;

namespace Scim.Infrastructure.Security;

/// <summary>Users' passwords by the framework's hasher: PBKDF2-SHA512, 210,000 rounds, salt and parameters in the hash.</summary>
internal sealed class PasswordHasher : IPasswordHasher
{
    private const int Rounds = 210_000;

    private static readonly object Nobody = new();

    private readonly PasswordHasher<object> _hasher = new(
        Options.Create(new PasswordHasherOptions { IterationCount = Rounds })
    );

    public string? Hash(string? password) => password is null ? null : _hasher.HashPassword(Nobody, password);
}
