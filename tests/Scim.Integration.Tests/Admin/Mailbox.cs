using System.Text.RegularExpressions;

namespace Scim.Integration.Tests.Admin;

/// <summary>Where a server without a mail server of its own leaves its messages.</summary>
internal sealed partial class Mailbox : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("scim-mail-").FullName;

    /// <summary>Oldest first, as far as the file system's clock can tell.</summary>
    public IReadOnlyList<string> MessagesTo(string email) =>
        [
            .. Directory
                .EnumerateFiles(Folder)
                .OrderBy(File.GetCreationTimeUtc)
                .Select(file => File.ReadAllText(file).Replace("=\r\n", "", StringComparison.Ordinal))
                .Where(text => text.Contains($"To: {email}", StringComparison.OrdinalIgnoreCase)),
        ];

    public IReadOnlyList<string> TokensTo(string email) =>
        [.. MessagesTo(email).Select(text => Token().Match(text).Value)];

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    [GeneratedRegex("scpu_[0-9A-Za-z]{43}")]
    private static partial Regex Token();
}
