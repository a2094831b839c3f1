using FluentAssertions;
using Scim.TestKit;

namespace Scim.Integration.Tests.Protocol;

/// <summary>
/// Answers that clients depend on, committed and reviewed like code. On a difference the new text is left beside the
/// approved file as <c>.received</c>; renaming it approves it.
/// </summary>
internal static class Approved
{
    private static readonly Lock Writing = new();

    public static void Check(string path, string text)
    {
        var file = Path.Combine(Repository.Root, path);
        var approved = File.Exists(file) ? File.ReadAllText(file) : "";
        if (approved != text)
        {
            lock (Writing)
            {
                File.WriteAllText(file + ".received", text);
            }
        }

        text.Should().Be(approved, "{0} holds what was approved", path);
    }
}
